import type { KubernetesClient } from '../../kubernetes/client.ts'
import { describeObject, kinds, type SecretObject } from '../../kubernetes/kinds.ts'
import type { OptionSpec } from '../../lib/command.ts'
import { isStandardInput, type PrivateFile, readPrivateFile } from '../../lib/private-file.ts'
import { exitCodes, type Problem, ProblemError } from '../../lib/problems.ts'
import type { CommandInput } from '../../lib/terminal.ts'
import { valueOfFilePattern } from '../../lib/typed-path.ts'
import { decodeUtf8 } from '../../lib/utf8.ts'
import { type InputProblem, parseInput } from '../../payload/fill-values.ts'
import type { InputValue } from '../../payload/input-value.ts'

export interface Input {
  readonly values: readonly InputValue[]
  readonly problems: readonly InputProblem[]
}

/** What `--from` says in the help of a command. */
export const fromOption: OptionSpec = {
  flags: '--from <file>',
  description:
    'values from a .env or JSON file of mode 0600; <name>=@<file> for one value that is a file; - and the default: standard input. May be given several times',
  isRepeatable: true,
}

/**
 * Values from everything that `--from` names: files, `NAME=@file`, `-`. Each is read, and what is wrong with all of
 * them is reported together.
 *
 * @throws ProblemError `WRONG_USAGE` when standard input is named twice
 */
export async function readSources(sources: readonly string[], input: CommandInput): Promise<Input> {
  const piped = sources.filter((source) => isStandardInput(fileOf(source)?.path ?? source))
  if (piped.length > 1) throw new ProblemError(pipedTwice(), exitCodes.usage)
  const values: InputValue[] = []
  const problems: InputProblem[] = []
  for (const source of sources) {
    try {
      const read = await readSource(source, input)
      values.push(...read.values)
      problems.push(...read.problems)
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error
      problems.push(...error.problems)
    }
  }
  return { values, problems }
}

/** What is said of names that were left out, for a log. */
export function ignoredNames(count: number): string {
  const are = count === 1 ? '1 name is not a variable' : `${count} names are not variables`
  return `${are} of this environment, and ${count === 1 ? 'is' : 'are'} left out`
}

/** Values from standard input. */
export async function readPiped(input: CommandInput): Promise<Input> {
  return parseInput(await readText(input), standardInput)
}

/**
 * Values from a file that only its owner may read; a file without any value is a warning.
 *
 * @throws ProblemError `FILL_INPUT_UNREADABLE`, `FILL_INPUT_OPEN_TO_OTHERS`
 */
export async function readValuesFile(path: string): Promise<Input> {
  const text = decodeUtf8(await readPrivateFile(path, valuesFile, maxLength))
  if (text === undefined) throw new ProblemError(unreadable(path, 'is not valid UTF-8'))
  const { values, problems } = parseInput(text, path)
  return { values, problems: values.length === 0 && problems.length === 0 ? [empty(path)] : problems }
}

/** Values from a Secret of the cluster, one variable per key. */
export async function readSecretValues(
  client: Pick<KubernetesClient, 'get'>,
  ref: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<Input> {
  const where = describeObject(kinds.secret, ref)
  const secret = await client.get<SecretObject>(kinds.secret, ref, signal)
  if (!secret) throw new ProblemError(absentSecret(where))
  const values = Object.entries(secret.data ?? {}).map(([name, data]): InputValue => {
    const value = decodeUtf8(Buffer.from(data, 'base64'))
    const named = { name, where, isKey: true }
    return value === undefined ? { ...named, value: '', wrong: 'is not UTF-8' } : { ...named, value }
  })
  return { values, problems: [] }
}

/** @throws ProblemError for a text that is not `<namespace>/<name>` */
export function secretRef(text: string): { readonly namespace: string; readonly name: string } {
  const [, namespace, name] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(text) ?? []
  if (namespace !== undefined && name !== undefined) return { namespace, name }
  throw new ProblemError(
    {
      code: 'WRONG_USAGE',
      where: `--from-secret ${text}`,
      message: 'does not name a Secret. Expected <namespace>/<name>.',
      fix: 'Write for example --from-secret shop/shop-secrets.',
    },
    exitCodes.usage,
  )
}

// --- internal ---

const standardInput = 'standard input'

/** `TLS_KEY=@tls.key`: one value that is a whole file. */
function fileOf(source: string): { readonly name: string; readonly path: string } | undefined {
  const [, name, path] = valueOfFilePattern.exec(source) ?? []
  return name === undefined || path === undefined ? undefined : { name, path }
}

async function readSource(source: string, input: CommandInput): Promise<Input> {
  const file = fileOf(source)
  if (!file) return isStandardInput(source) ? readPiped(input) : readValuesFile(source)
  const { name, path } = file
  const isPiped = isStandardInput(path)
  const where = isPiped ? standardInput : path
  const bytes = isPiped ? undefined : await readPrivateFile(path, valueFile, maxLength)
  const value = bytes ? decodeUtf8(bytes) : await readText(input)
  if (value === undefined)
    return { values: [{ name, value: '', where, isFile: true, wrong: 'is not UTF-8' }], problems: [] }
  return { values: [{ name, value, where, isFile: true }], problems: [] }
}

async function readText(input: CommandInput): Promise<string> {
  const text = await input.read(maxLength + 1)
  if (text.length > maxLength)
    throw new ProblemError(unreadable(standardInput, `has more than ${maxLength} characters`))
  // The stream has replaced what it could not decode.
  if (text.includes('\ufffd')) throw new ProblemError(unreadable(standardInput, 'is not valid UTF-8'))
  return text
}

function pipedTwice(): Problem {
  return {
    code: 'WRONG_USAGE',
    where: '--from',
    message: 'names standard input twice. Expected it once: it can be read only once.',
    fix: 'Give one of them as a file.',
  }
}

const valuesFile: PrivateFile = {
  code: 'FILL_INPUT',
  secret: 'the values',
  content: '.env lines, or a JSON object of texts',
  fix: 'Correct the path given to --from, or pipe the values into standard input.',
  replace: 'delete the file when everything is filled',
}

const valueFile: PrivateFile = {
  ...valuesFile,
  secret: 'the value',
  content: 'one value',
  fix: 'Correct the path after @.',
}

/** Far more than every remote secret of an environment may hold together, and little to keep in memory. */
const maxLength = 16 * 1024 * 1024

function unreadable(where: string, fact: string): Problem {
  return {
    code: 'FILL_INPUT_UNREADABLE',
    where,
    message: `${fact}. Expected .env lines, or a JSON object of texts, in UTF-8.`,
    fix: 'Correct where the values come from.',
  }
}

function absentSecret(where: string): Problem {
  return {
    code: 'FILL_INPUT_UNREADABLE',
    where,
    message: 'there is no such Secret. Expected one with a key for each variable.',
    fix: 'Correct the namespace and the name given to --from-secret.',
  }
}

function empty(where: string): Problem {
  return {
    code: 'FILL_INPUT_EMPTY',
    where,
    message: 'contains no value. Expected .env lines, or a JSON object of texts.',
    fix: 'Correct the path given to --from, or write values into the file.',
    severity: 'warning',
  }
}
