/** A level of the Pod Security Standards. */
export type PodSecurityLevel = 'restricted' | 'baseline' | 'privileged'

/** Defaults for a container without requests or limits, which a quota on these would refuse. */
export interface ContainerDefaults {
  readonly requests?: Readonly<Record<string, string>>
  readonly limits?: Readonly<Record<string, string>>
}
