import { readIfExists, writeWhole } from '../../lib/files.ts'
import { ProblemError } from '../../lib/problems.ts'
import { isRecord } from '../../lib/record.ts'
import { ApiError } from './http/api-error.ts'
import { bodyArguments } from './http/arguments.ts'
import type { SavedState } from './state.ts'
import { readState } from './state-reader.ts'

/** Changes with every change of the format; a file of another version is refused. */
export const stateVersion = 2

/**
 * The saved state, or undefined when there is no file yet. The file is only read here.
 *
 * @throws ProblemError `STATE_UNREADABLE`, `STATE_VERSION`: the emulator must not start, and so can't overwrite it.
 */
export async function loadState(path: string): Promise<SavedState | undefined> {
  const text = await readIfExists(path)
  if (text === undefined) return undefined
  const json = parse(path, text)
  const version = isRecord(json) ? json.version : undefined
  if (version !== stateVersion)
    throw stateProblem(
      path,
      'STATE_VERSION',
      `has ${version === undefined ? 'no "version"' : 'another "version"'}. Expected a state file of version ${stateVersion}.`,
    )
  try {
    return readState(bodyArguments(json))
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    throw stateProblem(path, 'STATE_UNREADABLE', `is not a whole state file: ${firstDetail(error)}`)
  }
}

/** Mode 0600, written whole. It holds every payload in base64, readable by whoever can read the file. */
export async function saveState(path: string, state: SavedState): Promise<void> {
  await writeWhole(path, `${JSON.stringify({ version: stateVersion, ...state }, undefined, 1)}\n`, 0o600)
}

// --- internal ---

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw stateProblem(path, 'STATE_UNREADABLE', 'is not valid JSON. Expected a file this emulator saved.')
  }
}

function firstDetail({ body }: ApiError): string {
  const detail: unknown = Array.isArray(body.details) ? body.details[0] : undefined
  if (typeof detail !== 'object' || detail === null || !('argument_name' in detail)) return 'a field is wrong.'
  const help = 'help_message' in detail ? String(detail.help_message) : 'is wrong'
  return `"${String(detail.argument_name)}": ${help}.`
}

function stateProblem(path: string, code: string, message: string): ProblemError {
  const fix = 'Restore the file from a copy, or move it away to start empty. It was not changed.'
  return new ProblemError({ code, where: path, message, fix })
}
