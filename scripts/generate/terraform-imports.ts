import { commandLine, pipedCommandLine } from '../lib/command-line.ts'
import { compare } from '../lib/problems.ts'
import { holderOption, type IamPlan } from '../model/iam.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { hclAttributes, hclLabel, hclString } from './hcl.ts'

/** What an account has of what the plan and the catalogue name. */
export interface ExistingObjects {
  /** By tier: ids of its IAM application and of the policy attached to it. */
  readonly applications: ReadonlyMap<string, string>
  readonly policies: ReadonlyMap<string, string>
  /** By folder and name. */
  readonly secrets: ReadonlyMap<string, ExistingSecret>
}

export interface ExistingSecret {
  readonly id: string
  /** It has versions: `npm run fill` or somebody else writes its values. */
  readonly isFilled: boolean
}

/**
 * Import blocks for what exists already, so that OpenTofu or Terraform takes it over instead of making it a second time.
 * No version is imported: a version that is not managed is neither written again nor deleted.
 * Source: provider scaleway 2.81, `Import` of each resource.
 */
export function terraformImports(plan: IamPlan, model: EnvironmentModel, existing: ExistingObjects): string {
  const { environment } = plan
  const given = ['--environment', environment, ...holderOption(plan)]
  const ofTiers = (resource: string, ids: ReadonlyMap<string, string>) =>
    plan.tiers.flatMap(({ tier }) => importBlock(`${resource}.${hclLabel(tier)}`, ids.get(tier)))
  const all = model.tiers.flatMap(({ remoteSecrets }) => remoteSecrets)
  const found = all
    .flatMap(({ path, name, optional }) => {
      const key = `${path}/${name}`
      const secret = existing.secrets.get(key)
      return secret ? [{ key, optional, ...secret }] : []
    })
    .sort((a, b) => compare(a.key, b.key))
  const blocks = [
    ...ofTiers('scaleway_iam_application', existing.applications),
    ...ofTiers('scaleway_iam_policy', existing.policies),
    ...found.flatMap(({ key, id }) =>
      importBlock(`scaleway_secret.remote[${hclString(key)}]`, `${model.region}/${id}`),
    ),
  ]
  return [
    `# What the account of environment ${environment} has already. Made by: ${pipedCommandLine`iam ${given} --format terraform-imports`}
# It belongs beside the file of \`${commandLine`iam ${given} --format terraform`}\`, and can be deleted once it is applied.
${blocks.length === 0 ? '# Nothing exists yet: nothing is to be imported.\n' : ''}`,
    ...blocks,
    variableComment(
      'filled_secrets',
      'Versions that exist stay as they are. In a .tfvars file:',
      found.filter(({ isFilled }) => isFilled),
    ),
    variableComment(
      'optional_secrets',
      'Optional remote secrets that exist have to be named, also for their import:',
      found.filter(({ optional }) => optional),
    ),
  ]
    .filter((text) => text !== '')
    .join('\n')
}

// --- internal ---

function importBlock(to: string, id: string | undefined): string[] {
  return id === undefined ? [] : [`import {\n${hclAttributes({ to: { expression: to }, id })}}\n`]
}

/** A variable can't be set in the file itself. */
function variableComment(variable: string, why: string, secrets: readonly { readonly key: string }[]): string {
  if (secrets.length === 0) return ''
  const items = secrets.map(({ key }) => `#   ${hclString(key)},\n`)
  return `# ${why}\n# ${variable} = [\n${items.join('')}# ]\n`
}
