import { AsyncLocalStorage } from 'node:async_hooks'
import { relative, sep } from 'node:path'
import { takingContext, withoutApplication, withoutScript } from './command-names.ts'
import { areOne, type Folders } from './folders.ts'
import { type Manifest, nearestManifest, nearestOfOurs } from './manifest.ts'
import { shell, shellWord } from './shell.ts'

type Values = readonly (string | number | readonly string[])[]

/**
 * A command of ours as this user types it: commandLine`status --environment ${name}`. The only place that knows how one is
 * begun: by npm where that has a script for it, by npx otherwise. What is put into it is quoted for a shell, as by `shell`.
 */
export function commandLine(command: TemplateStringsArray, ...values: Values): string {
  return typed(shell(command, ...values), beginnings.messages)
}

/** The same where another program or a file takes the result, so that nothing else may be printed. */
export function pipedCommandLine(command: TemplateStringsArray, ...values: Values): string {
  return typed(shell(command, ...values), beginnings.messages, { isPiped: true })
}

/** The same for a generated file, which may not depend on how somebody started its generator. */
export function writtenCommandLine(command: TemplateStringsArray, ...values: Values): string {
  return typed(shell(command, ...values), beginnings.files, { isWritten: true })
}

/** Where the commands of generated files are typed, from the application's folder: `.`, or `../..` from `apps/shop`. */
export function whereWrittenIsTyped(): string {
  return relative(beginnings.files.root ?? '', '') || '.'
}

/**
 * The same for a pipeline, where the package has just been installed: no script of the user's decides what runs, and npx may not fetch
 * another package of this name.
 */
export function pipelineCommandLine(command: TemplateStringsArray, ...values: Values): string {
  return `npx --no -- tiered-secrets ${shell(command, ...values).trim()}`
}

/** A text of the product's own, whose commands are those of its repository, as a file of the user's has it. */
export function withWrittenCommands(text: string): string {
  return text.replace(/\bnpm run (--silent )?([a-z][a-z:-]*[a-z])( --(?= ))?/g, (_, isPiped, name, dashes = '') =>
    begin(name, beginnings.files, { isPiped: isPiped !== undefined, hasOptions: dashes !== '' }),
  )
}

/** A line of kubectl, for the cluster that this run works with: kubectl`get secret ${name} --namespace ${namespace}`. */
export function kubectl(command: TemplateStringsArray, ...values: Values): string {
  return [...inContext('kubectl --context'), shell(command, ...values)].join(' ')
}

/** The same of Helm: helm`history --namespace ${namespace} ${name}`. */
export function helm(command: TemplateStringsArray, ...values: Values): string {
  return [...inContext('helm --kube-context'), shell(command, ...values)].join(' ')
}

/**
 * Tells which kube context this run was given with `--context`: every command to paste then names it too, as the current
 * context may be of another cluster. To be called before the command runs.
 */
export function learnContext(name: string | undefined): void {
  contextOfRun = name
}

/** The same for one of several environments that are read side by side: for what `work` prints. */
export function withContext<T>(name: string | undefined, work: () => Promise<T>): Promise<T> {
  return contextOfWork.run({ name }, work)
}

/** A folder as it would be typed from where the user stands: `.`, `apps/shop`. */
export function fromTyped(folder: string): string {
  return relative(standing, folder) || '.'
}

/** How a command is begun that options follow: `npm run status --`. */
export function beforeOptions(name: string): string {
  return begin(name, beginnings.messages, { hasOptions: true })
}

/** Where a command is typed, and what tells which application it is for. */
export interface Typing {
  /** Default: the user's folder */
  readonly typedIn?: string
  /** Of `--root`, as it is typed. */
  readonly root?: string | undefined
  /** The `package.json` that counts, where it is not written yet. */
  readonly manifest?: Manifest
}

/**
 * Finds out how this user types our commands. To be called before a command is loaded, because its help has some.
 *
 * In our own repository each has a script. In another folder those of `package.json` that start us count, but in messages to
 * somebody who has typed npx: of the one that npm finds from where they stand, and for a file of the nearest that knows us. It
 * may belong to several applications: a file then tells its own by `--root`, from the folder of `package.json`.
 */
export function learnBeginnings(
  folders: Folders,
  env: Readonly<Record<string, string | undefined>>,
  { typedIn = folders.userFolder, root, manifest }: Typing = {},
): void {
  standing = typedIn
  const here = manifest ?? nearestManifest(typedIn)
  const hasOurs: HasScript = (name) => here?.scripts.has(name) === true
  const hasAll = areOne(folders) || here?.folder === folders.productFolder
  const messages = hasAll ? () => true : env.npm_lifecycle_event === 'npx' ? () => false : hasOurs
  beginnings = {
    messages: { hasScript: messages, root },
    files: areOne(folders) ? ours.files : ofFiles(folders.userFolder, manifest),
  }
}

// --- internal ---

/** Whether npm has a script for a command. */
type HasScript = (name: string) => boolean

interface Beginning {
  readonly hasScript: HasScript
  /** Folder of the application, where it has to be told. */
  readonly root?: string | undefined
}

interface Beginnings {
  readonly messages: Beginning
  readonly files: Beginning
}

const ours: Beginnings = { messages: { hasScript: () => true }, files: { hasScript: () => true } }
let beginnings = ours

/** Where the user stands. */
let standing = '.'

/** The kube context of `--context`. */
let contextOfRun: string | undefined
const contextOfWork = new AsyncLocalStorage<{ readonly name: string | undefined }>()

function currentContext(): string | undefined {
  const own = contextOfWork.getStore()
  return own === undefined ? contextOfRun : own.name
}

/** A program, with the option by which it takes a context: `kubectl --context staging`, or `kubectl` alone. */
function inContext(option: string): string[] {
  const [program = ''] = option.split(' ')
  const context = currentContext()
  return context === undefined ? [program] : [option, shellWord(context)]
}

interface Form {
  /** Nothing but the command's own output may be printed. */
  readonly isPiped?: boolean
  /** For a file, which may not depend on this run. */
  readonly isWritten?: boolean
  readonly hasOptions?: boolean
}

function typed(command: string, beginning: Beginning, form: Form = {}): string {
  const [name = '', ...given] = command.trim().split(' ')
  const context = currentContext()
  const isBare = form.isWritten || !takingContext.includes(name) || given.includes('--help')
  const options = isBare || context === undefined ? given : [...given, '--context', shellWord(context)]
  return [begin(name, beginning, { ...form, hasOptions: options.length > 0 }), ...options].join(' ')
}

function begin(name: string, { hasScript, root }: Beginning, { isPiped = false, hasOptions = false }: Form): string {
  // `<command>` stands for any.
  const asked = name.startsWith('<') ? 'check' : name
  const isFor = root === undefined || withoutApplication.includes(name) ? [] : ['--root', shellWord(root)]
  if (withoutScript.includes(name) || !hasScript(asked)) return ['npx tiered-secrets', name, ...isFor].join(' ')
  // npm has a name of its own for this one.
  const begun = name === 'start' ? 'npm start' : `npm run${isPiped ? ' --silent' : ''} ${name}`
  return hasOptions || isFor.length > 0 ? [begun, '--', ...isFor].join(' ') : begun
}

/** Of a user's files, from the nearest `package.json` that knows us; without one, they tell no folder. */
function ofFiles(userFolder: string, given: Manifest | undefined): Beginning {
  const found = given ?? nearestOfOurs(userFolder)
  if (!found) return { hasScript: () => false }
  const root = relative(found.folder, userFolder).split(sep).join('/')
  return { hasScript: (name) => found.scripts.has(name), root: root === '' ? undefined : root }
}
