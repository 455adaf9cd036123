import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { applyCrds, operatorCrds } from '../../scripts/kubernetes/crds.ts'
import { KubernetesError } from '../../scripts/kubernetes/errors.ts'
import { type Kind, type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import { type RunResult, tryRun } from '../../scripts/lib/exec.ts'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import { type EnvironmentModel, resolve, type TierModel } from '../../scripts/model/resolve.ts'
import type { Application } from '../../scripts/model/types.ts'
import { chartOf } from '../helpers/chart.ts'
import { eventually } from '../helpers/eventually.ts'
import { localTools, startTestControlPlane } from '../helpers/local-stack.ts'
import { requiredTarget } from '../helpers/targets.ts'

/** An object of any kind, as a test writes it. */
export interface AnyObject extends KubernetesObject {
  readonly spec?: unknown
}

/** Kinds of the operator the chart never renders. */
export const otherKinds = {
  pushSecret: {
    apiVersion: 'external-secrets.io/v1alpha1',
    kind: 'PushSecret',
    plural: 'pushsecrets',
    namespaced: true,
  },
  password: generator('Password', 'passwords'),
  webhook: generator('Webhook', 'webhooks'),
  fake: generator('Fake', 'fakes'),
  generatorState: generator('GeneratorState', 'generatorstates'),
} as const satisfies Record<string, Kind>

/** A control plane that knows all kinds a test creates. */
export async function startAdmissionControlPlane(): Promise<ControlPlane> {
  const { crds } = await localTools()
  const others = Object.values(otherKinds).map(({ apiVersion, plural }) => `${plural}.${apiVersion.split('/')[0]}`)
  return startTestControlPlane({
    prepare: async (access) => {
      using client = createClient(access)
      await applyCrds(client, crds, { names: [...new Set([...operatorCrds, ...others])] })
    },
  })
}

/** One environment of an application, and how Helm gets it into a control plane. */
export interface Release {
  readonly model: EnvironmentModel
  /** `helm upgrade --install` with the chart of the application, whatever its exit code; the API server alone checks fields. */
  upgrade(helm: string, ...args: readonly string[]): Promise<RunResult>
  uninstall(helm: string): Promise<RunResult>
}

export async function releaseOf(
  { kubeconfigPath }: Pick<ControlPlane, 'kubeconfigPath'>,
  application: Application,
  environment: string,
): Promise<Release> {
  const model = resolve(application, environment)
  const { chart, values } = await chartOf(application)
  const { name, namespace } = model.release
  const helmOf = (helm: string, args: readonly string[]) =>
    tryRun(helm, [...args, '--namespace', namespace], { env: { KUBECONFIG: kubeconfigPath } })
  return {
    model,
    upgrade: (helm, ...args) =>
      helmOf(helm, [
        'upgrade',
        '--install',
        name,
        chart,
        '--create-namespace',
        '--disable-openapi-validation',
        '--values',
        values(environment),
        ...args,
      ]),
    uninstall: (helm) => helmOf(helm, ['uninstall', name]),
  }
}

/** The store the chart renders for a tier, under any name. */
export function storeOf(tier: TierModel, region: string, apiUrl = ''): Record<string, unknown> {
  const half = (key: string) => ({ secretRef: { name: tier.credentialsSecret, key } })
  return {
    provider: {
      scaleway: {
        ...(apiUrl === '' ? {} : { apiUrl }),
        region,
        projectId: tier.projectId,
        accessKey: half('access-key'),
        secretKey: half('secret-key'),
      },
    },
  }
}

/** An ExternalSecret with one entry of each form, as the chart could render it. */
export function externalSecretOf(tier: TierModel): Record<string, unknown> {
  return {
    secretStoreRef: { kind: 'SecretStore', name: tier.secretStore },
    target: { name: requiredTarget(tier)?.name ?? '' },
    data: [{ secretKey: 'A', remoteRef: { key: `path:${tier.remotePath}/a` } }],
    dataFrom: [{ extract: { key: `path:${tier.remotePath}/b` } }],
  }
}

/** What the API server says to a request: `allowed`, or its refusal. */
export async function verdict(request: Promise<unknown>): Promise<string> {
  return request.then(
    () => 'allowed',
    (error: unknown) => {
      if (error instanceof KubernetesError) return error.message
      throw error
    },
  )
}

/**
 * Creates an object and takes it away again, if it was let in.
 *
 * @param remover may delete it. Default: `client`
 */
export async function tryCreate(
  client: KubernetesClient,
  kind: Kind,
  object: AnyObject,
  remover: KubernetesClient = client,
): Promise<string> {
  const said = await verdict(client.create(kind, object))
  if (said === 'allowed') await remover.delete(kind, object.metadata)
  return said
}

/** Waits until all policies and bindings are at work, which the API server looks at once a second. */
export async function untilJudged(client: KubernetesClient, { tiers, region }: EnvironmentModel): Promise<void> {
  for (const tier of tiers) {
    const metadata = { namespace: tier.namespace, name: 'probe' }
    const probes: [Kind, unknown][] = [
      [kinds.secretStore, storeOf({ ...tier, projectId: 'x' }, region)],
      [kinds.externalSecret, externalSecretOf({ ...tier, remotePath: '/x' })],
      [otherKinds.password, { length: 1, noUpper: false, allowRepeat: true }],
    ]
    for (const [kind, spec] of probes) {
      await eventually(
        () => tryCreate(client, kind, { metadata, spec }),
        (said) => /\([A-Z_]+\)/.test(said),
        { pollMs: 200 },
      )
    }
  }
}

// --- internal ---

function generator<const Name extends string, const Plural extends string>(kind: Name, plural: Plural) {
  return { apiVersion: 'generators.external-secrets.io/v1alpha1', kind, plural, namespaced: true } as const
}
