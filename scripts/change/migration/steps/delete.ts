import { isConflict } from '../../../kubernetes/errors.ts'
import { kinds } from '../../../kubernetes/kinds.ts'
import { type Problem, ProblemError } from '../../../lib/problems.ts'
import { shortList } from '../../../lib/short-list.ts'
import { command, type MigrationContext, placeOfSecret } from '../migration-context.ts'
import { readReferences } from '../secret-references.ts'
import { blocked, refuse, type Step, todo } from '../step.ts'
import { verifyBackup } from './backup.ts'
import { compareStep } from './compare.ts'

/** The old Secret is deleted: only after its name was typed, and only while the backup can be opened. */
export const deleteStep: Step = {
  name: 'delete',
  title: 'delete the old Secret',
  async look(context, facts) {
    const { choices, person } = context
    const note = `delete ${placeOfSecret(context.legacy)}`
    const old = await facts.old()
    const writer = old?.metadata.ownerReferences?.find(({ controller }) => controller === true)
    if (writer) return blocked(note, [written(context, `${writer.kind} ${writer.name}`)])
    const release = old?.metadata.annotations?.['meta.helm.sh/release-name']
    const warnings = release === undefined ? [] : [ofRelease(context, release)]
    if (choices.confirm !== undefined || person.ask) return todo(note, warnings)
    return blocked(note, [unconfirmed(context), ...warnings])
  },
  async act(context, facts, journal) {
    const { client, legacy, signal, log } = context
    const old = await facts.old()
    if (!old) return
    const left = (await facts.inventory()).rows.filter(({ state }) => state === 'left').map(({ key }) => key)
    await confirm(context, left)
    await verifyBackup(context, old)
    // Time may have passed before the name was typed.
    const outlook = await compareStep.look(context, facts, journal.state)
    refuse(outlook.problems ?? [])
    const readers = await readReferences(context)
    if (readers.length > 0) throw new ProblemError(readAgain(context, readers.length))
    const { uid = '', resourceVersion = '' } = old.metadata
    await journal.note({ deleting: { uid, resourceVersion, at: new Date().toISOString() } })
    try {
      await client.delete(kinds.secret, legacy, signal, { uid, resourceVersion })
    } catch (error) {
      throw isConflict(error) ? new ProblemError(changed(context)) : error
    }
    log(`deleted ${placeOfSecret(legacy)}`)
  },
}

// --- internal ---

async function confirm(context: MigrationContext, left: readonly string[]): Promise<void> {
  const { choices, person, legacy, model } = context
  if (left.length > 0) context.log(`left behind; from then on only in the backup: ${shortList(left)}`)
  if (choices.confirm === legacy.name) return
  const question = `Nothing reads ${placeOfSecret(legacy)} of ${model.environment} any more. Type its name to delete it: `
  const typed = person.ask ? (await person.ask(question)).trim() : undefined
  if (typed !== legacy.name) throw new ProblemError(unconfirmed(context))
}

function unconfirmed(context: MigrationContext): Problem {
  const { legacy } = context
  return {
    code: 'DELETION_UNCONFIRMED',
    where: placeOfSecret(legacy),
    message:
      'is not needed any more, and its name was not typed. Expected its name as confirmation, before it is deleted.',
    fix: `At a terminal ${command(context)}, or ${command(context, '--confirm', legacy.name)}`,
  }
}

function written({ legacy }: MigrationContext, writer: string): Problem {
  return {
    code: 'LEGACY_HAS_WRITER',
    where: placeOfSecret(legacy),
    message: `is written by ${writer}, which would create it again. Expected no other writer.`,
    fix: `Delete ${writer} where it comes from: Kubernetes then deletes the Secret too, and the backup has it.`,
  }
}

function ofRelease({ legacy }: MigrationContext, release: string): Problem {
  return {
    code: 'LEGACY_OF_RELEASE',
    where: placeOfSecret(legacy),
    message: `is part of the Helm release "${release}", whose next upgrade may bring it back. Expected it in no release.`,
    fix: 'Take it out of that chart.',
    severity: 'warning',
  }
}

function readAgain({ legacy }: MigrationContext, readers: number): Problem {
  return {
    code: 'LEGACY_IN_USE',
    where: placeOfSecret(legacy),
    message: `is read again: ${readers} appeared. Expected no reader.`,
    fix: 'Run the same command again, which names them.',
  }
}

function changed({ legacy }: MigrationContext): Problem {
  return {
    code: 'LEGACY_CHANGED',
    where: placeOfSecret(legacy),
    message: 'was just changed by somebody else, and was not deleted. Expected it as it is in the backup.',
    fix: 'Find out who it was, then run the same command again: it makes another backup and compares again.',
  }
}
