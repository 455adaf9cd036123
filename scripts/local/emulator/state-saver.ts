/** Saves soon after a change, one save at a time, and once more at the end. */
export interface StateSaver {
  changed(): void
  /** Saves now; resolves when the file is whole. */
  save(): Promise<void>
  /** Saves what is unsaved. */
  stop(): Promise<void>
}

export interface StateSaverOptions {
  write(): Promise<void>
  /** A save in the background failed; the next change tries again. */
  onFailure(error: unknown): void
  /** Default: 200. */
  readonly delayMs?: number
}

export function createStateSaver({ write, onFailure, delayMs = 200 }: StateSaverOptions): StateSaver {
  let timer: NodeJS.Timeout | undefined
  let isDirty = false
  let lastSave: Promise<void> = Promise.resolve()

  const save = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    const next = lastSave
      .catch(() => undefined)
      .then(async () => {
        isDirty = false
        try {
          await write()
        } catch (error) {
          isDirty = true
          throw error
        }
      })
    lastSave = next
    return next
  }

  return {
    changed() {
      isDirty = true
      timer ??= setTimeout(() => void save().catch(onFailure), delayMs)
    },
    save,
    async stop() {
      await lastSave.catch(() => undefined)
      if (isDirty) await save()
    },
  }
}
