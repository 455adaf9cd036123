import { rbacManifests } from '../cluster/rbac-manifests.ts'
import { defineCommand, environmentOption, wrongUsage } from '../lib/command.ts'
import { commandLine, pipedCommandLine } from '../lib/command-line.ts'
import { document } from '../lib/printable.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import { engineNames, engineOf } from '../model/delivery/deploy-step.ts'
import { type PipelineRole, pipelineNames } from '../model/names.ts'
import { parseSubject } from '../model/rbac.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { loadEnvironment } from '../session/application.ts'

interface Options {
  readonly environment: string
  readonly for: PipelineRole
  readonly subject?: readonly string[]
}

export const command = defineCommand<Options>({
  name: 'rbac',
  summary:
    'Prints the least rights in the cluster for a pipeline, as YAML that kubectl applies, each rule with its reason.',
  example: `${pipedCommandLine`rbac --environment recette --for ci`} > rbac.yaml`,
  options: [
    environmentOption,
    {
      flags: '--for <whom>',
      description: 'ci deploys; plan only looks, for code that nobody has reviewed yet',
      choices: ['ci', 'plan'],
      default: 'ci',
    },
    {
      flags: '--subject <subject>',
      description:
        'who gets them: User/<name>, Group/<name>, ServiceAccount/<namespace>/<name>; by default one of its own; can be repeated',
      isRepeatable: true,
    },
  ],
  async run({ environment, for: role, subject = [] }, io) {
    const model = await loadEnvironment(io, environment)
    const subjects = subject.map(parseSubject)
    const engine = engineOf(model)
    if (role === 'ci' && engine) throw deliveredByEngine(model, engineNames[engine.engine])
    const { namespace } = pipelineNames(model.baseName, role).serviceAccount
    const sharing = model.tiers.find((tier) => tier.namespace === namespace)
    if (sharing && subjects.length === 0)
      throw wrongUsage(
        'rbac',
        '--subject',
        `is left out, and the namespace for a ServiceAccount, ${namespace}, is that of tier ${sharing.name}. Expected a subject.`,
      )
    io.out(document(rbacManifests(model, role, subjects)))
    return exitCodes.ok
  },
})

// --- internal ---

/** The namespaces would be marked for Helm, and the engine has rights of its own. */
function deliveredByEngine({ environment }: EnvironmentModel, engine: string): ProblemError {
  return new ProblemError({
    code: 'DELIVERED_BY_ENGINE',
    where: `environment "${environment}"`,
    message: `is delivered by ${engine}, and a pipeline only looks at it. Expected --for plan.`,
    fix: `Run \`${commandLine`rbac --environment ${environment} --for plan`}\`; or, where the pipeline is to deploy it, take delivery out in scripts/environments.ts.`,
  })
}
