import type { CommandIo } from '../../lib/command.ts'
import { formatProblems, isError, ProblemError, sortProblems } from '../../lib/problems.ts'
import { fillEntries } from '../../model/fill-entries.ts'
import type { SecretSpec } from '../../model/types.ts'
import { assignValues, problemsInScope } from '../../payload/fill-values.ts'
import { ignoredNames, readPiped, readSources } from '../fill/fill-input.ts'
import type { RotationContext } from './rotation-context.ts'

/** Where the values of a rotation come from, as the command line says. */
export interface ValueOptions {
  /** Files, `NAME=@file`, `-`. */
  readonly from?: readonly string[]
  readonly generate?: boolean
  readonly ignoreUnknown?: boolean
}

/** Values for the entries of the unit; those of other entries are left out, so that one file can serve for all. */
export async function readValues(
  { model, unit }: Pick<RotationContext, 'model' | 'unit'>,
  { from, generate = false, ignoreUnknown = false }: ValueOptions,
  io: CommandIo,
): Promise<ReadonlyMap<SecretSpec, string>> {
  if (from === undefined && (generate || io.input.isTerminal)) return new Map()
  const input = from === undefined ? await readPiped(io.input) : await readSources([from].flat(), io.input)
  const all = fillEntries(model)
  const choice = { chosen: false, ignoreUnknown }
  const { values, problems, ignored } = assignValues(all, unit.entries, input.values, choice)
  const found = sortProblems([...problemsInScope(input.problems, all, unit.entries, choice), ...problems])
  if (found.some(isError)) throw new ProblemError(found)
  if (found.length > 0) io.tell(formatProblems(found))
  if (ignored > 0) io.log(ignoredNames(ignored))
  return values
}
