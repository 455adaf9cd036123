import { loadEnvironment, refuseStaleValues } from '../application.ts'
import { generatedPaths } from '../emit/generate.ts'
import { upgradeRelease } from '../helm/helm.ts'
import { loadKubeconfig } from '../kubernetes/kubeconfig.ts'
import { defineCommand, environmentOption } from '../lib/command.ts'
import { exitCodes, type Problem, ProblemError } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { findTool } from '../toolchain/find.ts'

interface Options {
  readonly environment: string
  readonly dryRun?: boolean
}

export const command = defineCommand<Options>({
  name: 'deploy',
  summary: 'Installs or upgrades one environment in its own cluster.',
  example: 'npm run deploy -- --environment recette --dry-run',
  options: [
    environmentOption,
    { flags: '--dry-run', description: 'let the API server check everything, and change nothing' },
  ],
  async run({ environment, dryRun = false }, io) {
    const model = await loadEnvironment(environment)
    refuseExample(model)
    await refuseStaleValues(io.root, environment)
    await refuseOtherContext(model, io.env)
    const helm = await findTool('helm', io)
    io.log(`${dryRun ? 'checking' : 'deploying'} ${environment} in kube context ${model.kubeContext}`)
    const { root, signal } = io
    const { release, kubeContext } = model
    const valuesFile = generatedPaths.values(environment)
    io.out(await upgradeRelease({ helm: helm.path, root, signal, release, valuesFile, kubeContext }, { dryRun }))
    return exitCodes.ok
  },
})

/**
 * Ends a command that would touch a real account with ids that are nobody's.
 *
 * @throws ProblemError `ENVIRONMENT_IS_EXAMPLE`, one for each id to fill in
 */
export function refuseExample(model: EnvironmentModel): void {
  if (!model.example) return
  const fields =
    model.isolation === 'path'
      ? [{ field: 'projectId', id: model.tiers[0]?.projectId }]
      : model.tiers.map((tier) => ({ field: `projectIds.${tier.name}`, id: tier.projectId }))
  throw new ProblemError(
    fields.map(
      ({ field, id }): Problem => ({
        code: 'ENVIRONMENT_IS_EXAMPLE',
        where: `scripts/environments.ts ${model.environment}.${field}`,
        message: `is the example ${id}. Expected the id of a Scaleway project of yours.`,
        fix: 'Fill in the id from the Scaleway console, check kubeContext, remove `example: true`, and run `npm run gen-values`.',
      }),
    ),
  )
}

// --- internal ---

/** The most expensive mistake: the right values in the wrong cluster. */
async function refuseOtherContext(
  model: EnvironmentModel,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { currentContext } = await loadKubeconfig(env)
  if (currentContext === model.kubeContext) return
  throw new ProblemError({
    code: 'KUBE_CONTEXT_DIFFERS',
    where: `environment "${model.environment}"`,
    message: `the current kube context is "${currentContext ?? '(none)'}". Expected "${model.kubeContext}".`,
    fix: `Run \`kubectl config use-context ${model.kubeContext}\`, or correct kubeContext in scripts/environments.ts.`,
  })
}
