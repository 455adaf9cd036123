import { delimiter } from 'node:path'
import { createClient, type KubernetesClient } from '../kubernetes/client.ts'
import { connectionOf, loadKubeconfig } from '../kubernetes/kubeconfig.ts'
import type { CommandIo } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { type Problem, ProblemError } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { apiUrlProblems, isLocalApi } from '../scaleway/account.ts'
import { loadEnvironment } from './application.ts'
import { chooseContext } from './chosen-context.ts'
import { refuseOtherCluster } from './cluster-identity.ts'

/**
 * The model of an environment, for a command that touches its account or its cluster. An example environment
 * is accepted only when `SCW_API_URL` names an emulator on this machine.
 *
 * @throws ProblemError as `loadEnvironment`, or `ENVIRONMENT_IS_EXAMPLE`, one for each id to fill in
 */
export async function openEnvironment(
  name: string,
  io: Pick<CommandIo, 'userFolder' | 'env'> & Partial<Pick<CommandIo, 'log'>>,
): Promise<EnvironmentModel> {
  const model = await loadEnvironment(io, name)
  refuseExample(model, io.env)
  return model
}

/** @throws ProblemError `ENVIRONMENT_IS_EXAMPLE`, one for each id to fill in */
export function refuseExample(model: EnvironmentModel, env: CommandIo['env']): void {
  if (model.example && !isLocalApi(env)) throw new ProblemError([...apiUrlProblems(env), ...exampleIds(model)])
}

/** A client of an environment's own cluster, and how it was found, for Helm in the same command. */
export interface OpenCluster extends KubernetesClient {
  /** Name of the kube context. */
  readonly context: string
  /** The kubeconfig files, as the variable KUBECONFIG takes them. */
  readonly kubeconfig: string
}

/**
 * A client for the environment's own cluster: the one whose UID is `cluster`, else the one of its kube context. With an
 * emulator as Scaleway, it is the cluster of the local stack.
 *
 * @param wanted kube context of `--context`. Default: the current one
 * @throws ProblemError as `chooseContext`, `connectionOf`, `refuseOtherCluster`
 */
export async function openCluster(
  model: EnvironmentModel,
  io: Pick<CommandIo, 'env'> & Partial<Pick<CommandIo, 'signal' | 'log'>>,
  wanted?: string,
): Promise<OpenCluster> {
  const kubeconfig = await loadKubeconfig(io.env)
  const connection = await connectionOf(kubeconfig, await chooseContext(model, kubeconfig, io, wanted), io)
  const { context } = connection
  const client = createClient(connection)
  try {
    if (!isLocalApi(io.env)) await refuseOtherCluster(client, model, context, io.signal)
  } catch (error) {
    client[Symbol.dispose]()
    throw error
  }
  return { ...client, context, kubeconfig: kubeconfig.files.join(delimiter) }
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
