import { parseYamlDocuments } from '../lib/yaml.ts'

/** A rendered Kubernetes object. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec?: Readonly<Record<string, unknown>>
  /** Of a Role. */
  readonly rules?: unknown
  /** Of a RoleBinding, as is `subjects`. */
  readonly roleRef?: unknown
  readonly subjects?: unknown
  /** Of a ServiceAccount. */
  readonly automountServiceAccountToken?: boolean
}

/** The objects of a YAML stream, such as the output of `helm template`. */
export function parseManifests(yaml: string, where: string): Manifest[] {
  return parseYamlDocuments(yaml, where) as Manifest[]
}

/** `ExternalSecret/trackdechets-backend/backend-secrets`; for messages. */
export function placeOf({ kind, metadata }: Manifest): string {
  return [kind, metadata.namespace, metadata.name].filter((part) => part !== undefined).join('/')
}
