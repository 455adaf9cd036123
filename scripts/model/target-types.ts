/** A type that a target may have: one that gives its Secret no rights of its own. */
export interface TargetTypeDefinition {
  /** Keys without which the API server refuses the Secret. */
  readonly keys: readonly string[]
  /** Whether each of them is needed, or one is enough. */
  readonly needs: 'each' | 'one'
  /** The format that a key has wherever Kubernetes or a controller reads it. */
  readonly formats: Readonly<Record<string, string>>
  /** Whether there may be optional entries. They are in a Secret of type Opaque, because any of them may be missing. */
  readonly takesOptional: boolean
}

/** Source: Kubernetes, pkg/apis/core/validation, `ValidateSecret`. */
export const targetTypes = {
  Opaque: { keys: [], needs: 'each', formats: {}, takesOptional: true },
  'kubernetes.io/tls': {
    keys: ['tls.crt', 'tls.key'],
    needs: 'each',
    formats: { 'tls.crt': 'pem-certificate', 'tls.key': 'pem-private-key', 'ca.crt': 'pem-certificate' },
    takesOptional: false,
  },
  'kubernetes.io/dockerconfigjson': {
    keys: ['.dockerconfigjson'],
    needs: 'each',
    formats: { '.dockerconfigjson': 'dockerconfigjson' },
    takesOptional: false,
  },
  'kubernetes.io/basic-auth': { keys: ['username', 'password'], needs: 'one', formats: {}, takesOptional: true },
  'kubernetes.io/ssh-auth': {
    keys: ['ssh-privatekey'],
    needs: 'each',
    formats: { 'ssh-privatekey': 'pem-private-key' },
    takesOptional: true,
  },
} as const satisfies Readonly<Record<string, TargetTypeDefinition>>

export type TargetType = keyof typeof targetTypes

/** A Secret of a tier besides its main one. */
export interface TargetSpec {
  /** Default: `Opaque` */
  readonly type?: TargetType
}

/** What a workload reads: all of these together. `{}`: nothing. */
export interface ReadsSpec {
  /** Whole targets with their optional entries; `main` is the one without a name. */
  readonly targets?: readonly string[]
  readonly identities?: readonly string[]
  readonly variables?: readonly string[]
}

/** Undefined: no target may have this type. */
export function targetTypeDefinition(type: string): TargetTypeDefinition | undefined {
  return Object.hasOwn(targetTypes, type) ? targetTypes[type as TargetType] : undefined
}
