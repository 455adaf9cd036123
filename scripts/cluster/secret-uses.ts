/** How pods read a Secret. */
export interface SecretUse {
  readonly secret: string
  /** Keys of it; undefined: all of them. */
  readonly keys?: readonly string[]
  /** `variables` are read once, when a container starts; the files of a `volume` follow the Secret. */
  readonly by: 'variables' | 'volume'
  /** The pods start without it. */
  readonly optional: boolean
}

/** The parts of a pod's spec that name Secrets. Source: Kubernetes API, core/v1 PodSpec. */
export interface SecretReaders {
  readonly containers?: readonly ContainerReaders[]
  readonly initContainers?: readonly ContainerReaders[]
  readonly volumes?: readonly Volume[]
}

export interface ContainerReaders {
  readonly envFrom?: readonly { readonly secretRef?: { readonly name?: string; readonly optional?: boolean } }[]
  readonly env?: readonly { readonly valueFrom?: { readonly secretKeyRef?: KeyRef } }[]
}

/** Every Secret that the pods of a spec read, in the order it names them. Pure. */
export function secretUses({ containers = [], initContainers = [], volumes = [] }: SecretReaders): SecretUse[] {
  return [...[...initContainers, ...containers].flatMap(byVariables), ...volumes.flatMap(byVolume)]
}

/** Whether a use delivers a key of a Secret. */
export function delivers({ secret, keys }: SecretUse, name: string, key: string): boolean {
  return secret === name && (keys === undefined || keys.includes(key))
}

// --- internal ---

interface KeyRef {
  readonly name?: string
  readonly key: string
  readonly optional?: boolean
}

interface Items {
  readonly items?: readonly { readonly key: string }[]
  readonly optional?: boolean
}

interface Volume {
  readonly secret?: Items & { readonly secretName?: string }
  readonly projected?: { readonly sources?: readonly { readonly secret?: Items & { readonly name?: string } }[] }
}

function byVariables({ envFrom = [], env = [] }: ContainerReaders): SecretUse[] {
  const whole = envFrom.flatMap(({ secretRef }) =>
    secretRef?.name
      ? [{ secret: secretRef.name, by: 'variables' as const, optional: secretRef.optional === true }]
      : [],
  )
  const single = env.flatMap(({ valueFrom }) => {
    const ref = valueFrom?.secretKeyRef
    if (!ref?.name) return []
    return [{ secret: ref.name, keys: [ref.key], by: 'variables' as const, optional: ref.optional === true }]
  })
  return [...whole, ...single]
}

function byVolume({ secret, projected }: Volume): SecretUse[] {
  const sources = (projected?.sources ?? []).map((source) => ({ of: source.secret, name: source.secret?.name }))
  return [{ of: secret, name: secret?.secretName }, ...sources].flatMap(({ of, name }) => {
    if (!of || !name) return []
    const keys = of.items?.map(({ key }) => key)
    return [{ secret: name, ...(keys ? { keys } : {}), by: 'volume' as const, optional: of.optional === true }]
  })
}
