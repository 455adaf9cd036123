import type { ClusterReader } from '../kubernetes/client.ts'
import { isForbidden } from '../kubernetes/errors.ts'
import { type Condition, type KubernetesObject, kinds } from '../kubernetes/kinds.ts'
import { imageTag, type OperatorVersion, parseOperatorVersion } from '../model/operator-version.ts'

/** A Deployment of the External Secrets Operator. */
export interface OperatorDeployment extends KubernetesObject {
  readonly spec?: { readonly replicas?: number; readonly template?: { readonly spec?: { containers?: Container[] } } }
  readonly status?: { readonly availableReplicas?: number; readonly conditions?: readonly Condition[] }
}

/** The version of one of them. */
export interface OperatorState {
  readonly namespace: string
  readonly name: string
  /** Undefined: its text is not a version. */
  readonly version: OperatorVersion | undefined
  /** The evidence: `image registry.example/external-secrets/external-secrets:v2.9.0`, `label helm.sh/chart: …`. */
  readonly seenBy: string
}

/** Label of the operator's own chart; its webhook and its certificate controller carry other names. */
export const operatorLabel = 'app.kubernetes.io/name=external-secrets'

/** Completes "you may not …" where the Deployments can't be read. */
export const listingOperators = 'list Deployments of all namespaces'

/**
 * Every operator of a cluster, whoever installed it: by the label of its own chart, or by the name of its image. One that
 * runs outside of the cluster, as on the local stack, is not among them.
 *
 * @throws KubernetesError when the API server refuses to list them
 */
export async function operatorDeployments(
  client: Pick<ClusterReader, 'list'>,
  signal?: AbortSignal,
): Promise<OperatorDeployment[]> {
  const { items } = await client.list<OperatorDeployment>(kinds.deployment, signal ? { signal } : {})
  return items.filter(isOperator)
}

/** The versions of the operators of a cluster. Undefined: they may not be read, and nothing is known about them. */
export async function readOperators(
  client: Pick<ClusterReader, 'list'>,
  signal?: AbortSignal,
): Promise<OperatorState[] | undefined> {
  try {
    return (await operatorDeployments(client, signal)).map(operatorState)
  } catch (error) {
    if (isForbidden(error)) return undefined
    throw error
  }
}

/** The tag of its image is the version. Labels only name the version of its chart: they count where there is no tag. */
export function operatorState(deployment: OperatorDeployment): OperatorState {
  const { name, namespace = '', labels = {} } = deployment.metadata
  const image = operatorContainer(deployment)?.image ?? ''
  const tag = imageTag(image)
  const chart = labels['helm.sh/chart']
  const sources = [
    { seenBy: `image ${image}`, text: tag },
    ...(tag === undefined
      ? [
          { seenBy: `label ${versionLabel}: ${labels[versionLabel]}`, text: labels[versionLabel] },
          { seenBy: `label helm.sh/chart: ${chart}`, text: chart?.replace(/^.*?-(?=v?\d)/, '') },
        ]
      : []),
  ]
  const versions = sources.map(({ seenBy, text = '' }) => ({ seenBy, version: parseOperatorVersion(text) }))
  const told = versions.find(({ version }) => version) ?? { seenBy: `image ${image}`, version: undefined }
  return { namespace, name, ...told }
}

// --- internal ---

interface Container {
  readonly image?: string
  readonly args?: readonly string[]
}

const versionLabel = 'app.kubernetes.io/version'

/** The webhook and the certificate controller are the same program, told what to be by its first argument. */
function isOperator(deployment: OperatorDeployment): boolean {
  const [label, value] = operatorLabel.split('=')
  if (deployment.metadata.labels?.[label ?? ''] === value) return true
  const container = deployment.spec?.template?.spec?.containers?.find(isOperatorImage)
  return container !== undefined && !/^(webhook|certcontroller)$/.test(container.args?.[0] ?? '')
}

function operatorContainer({ spec }: OperatorDeployment): Container | undefined {
  const containers = spec?.template?.spec?.containers ?? []
  return containers.find(isOperatorImage) ?? containers[0]
}

function isOperatorImage({ image = '' }: Container): boolean {
  return /(^|\/)external-secrets([:@]|$)/.test(image)
}
