import { createClient, type KubernetesClient } from '../kubernetes/client.ts'
import { connectionOf, loadKubeconfig } from '../kubernetes/kubeconfig.ts'
import type { CommandIo } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { type Problem, ProblemError } from '../lib/problems.ts'
import { shell } from '../lib/shell.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { apiUrlProblems, isLocalApi } from '../scaleway/account.ts'
import { loadEnvironment } from './application.ts'
import { localContext } from './local-context.ts'

/**
 * The model of an environment, for a command that touches its account or its cluster. An example environment
 * is accepted only when `SCW_API_URL` names an emulator on this machine.
 *
 * @throws ProblemError as `loadEnvironment`, or `ENVIRONMENT_IS_EXAMPLE`, one for each id to fill in
 */
export async function openEnvironment(
  name: string,
  io: Pick<CommandIo, 'userFolder' | 'env'>,
): Promise<EnvironmentModel> {
  const model = await loadEnvironment(io, name)
  refuseExample(model, io.env)
  return model
}

/** @throws ProblemError `ENVIRONMENT_IS_EXAMPLE`, one for each id to fill in */
export function refuseExample(model: EnvironmentModel, env: CommandIo['env']): void {
  if (model.example && !isLocalApi(env)) throw new ProblemError([...apiUrlProblems(env), ...exampleIds(model)])
}

/**
 * A client for the environment's own cluster: its kube context has to be the current one. With an emulator as Scaleway,
 * it is the cluster of the local stack.
 *
 * @throws ProblemError `KUBE_CONTEXT_DIFFERS`: the most expensive mistake is the right values in the wrong cluster
 */
export async function openCluster(
  model: EnvironmentModel,
  io: Pick<CommandIo, 'env'> & Partial<Pick<CommandIo, 'signal' | 'log'>>,
): Promise<KubernetesClient> {
  const kubeconfig = await loadKubeconfig(io.env)
  refuseOtherContext(model, kubeconfig.currentContext, io.env)
  return createClient(await connectionOf(kubeconfig, kubeconfig.currentContext, io))
}

/** The kube context a command may use. */
export function expectedContext(model: EnvironmentModel, env: CommandIo['env']): string {
  return isLocalApi(env) ? localContext : model.kubeContext
}

export function refuseOtherContext(
  model: EnvironmentModel,
  currentContext: string | undefined,
  env: CommandIo['env'],
): void {
  const expected = expectedContext(model, env)
  if (currentContext === expected) return
  throw new ProblemError({
    code: 'KUBE_CONTEXT_DIFFERS',
    where: `environment "${model.environment}"`,
    message: `the current kube context is "${currentContext ?? '(none)'}". Expected "${expected}".`,
    fix: `Run \`${shell`kubectl config use-context ${expected}`}\`, or correct kubeContext in scripts/environments.ts.`,
  })
}

// --- internal ---

function exampleIds(model: EnvironmentModel): Problem[] {
  const fields =
    model.isolation === 'path'
      ? [{ field: 'projectId', id: model.tiers[0]?.projectId }]
      : model.tiers.map((tier) => ({ field: `projectIds.${tier.name}`, id: tier.projectId }))
  return fields.map(({ field, id }) => ({
    code: 'ENVIRONMENT_IS_EXAMPLE',
    where: `scripts/environments.ts ${model.environment}.${field}`,
    message: `is the example ${id}. Expected the id of a Scaleway project of yours.`,
    fix: `Fill in the id from the Scaleway console, check kubeContext, remove \`example: true\`, and run \`${commandLine`gen-values`}\`.`,
  }))
}
