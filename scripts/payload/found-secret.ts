/** An existing remote secret, with what a run needs to know. */
export interface FoundSecret {
  readonly id: string
  readonly type: string
  readonly isEphemeral: boolean
  readonly isLocked: boolean
  /** Undefined: not read, because the run has nothing for this remote secret. The oldest first. */
  readonly versions?: readonly FoundVersion[]
  readonly versionCount: number
  /** The newest enabled version. Its payload is read only for a comparison. */
  readonly current?: { readonly revision: number; readonly payload?: Buffer }
}

export interface FoundVersion {
  readonly revision: number
  readonly status: string
  /** When it is deleted for good; only of one that is being deleted. */
  readonly goneAt?: Date
}
