import type { CommandList, CommandSpec, OptionSpec } from './command.ts'
import { leadingRoot, rootOf, rootOption } from './root-option.ts'

/** What could stand where the user is typing. */
export interface Candidate {
  readonly text: string
  readonly about: string
}

/** Names that options and arguments take: of an application, and the folders of all. */
export type NameKind = 'applications' | 'environments' | 'tiers' | 'variables' | 'remote secrets' | 'secrets'

/**
 * @param line what is typed so far, from its beginning: the last word is completed, which may be empty
 * @param names called when names of that kind are wanted, of the application that `--root` names in the line
 */
export async function candidates(
  line: string,
  commands: CommandList,
  names: (kind: NameKind, root: string | undefined) => Promise<readonly string[]>,
): Promise<Candidate[]> {
  const own = ownWords(line)
  const leading = leadingRoot(own)
  if (leading > 0 && own.length <= leading)
    return (await ofRoot(own)).filter(({ text }) => text.startsWith(own.at(-1) ?? ''))
  const [command, ...words] = own.slice(leading)
  const current = words.at(-1) ?? command ?? ''
  const all = words.length === 0 ? await titles() : await ofCommand(command ?? '', words.slice(0, -1))
  return all.filter(({ text }) => text.startsWith(current))

  async function titles(): Promise<Candidate[]> {
    return (await commands.titles()).map(({ name, summary }) => ({ text: name, about: summary }))
  }

  /** Behind `--root`, with or without a space, before there is a command. */
  async function ofRoot(typed: readonly string[]): Promise<Candidate[]> {
    return typed.length === 2 ? valuesOf(rootOption, '') : valuesOf(rootOption, '--root=')
  }

  async function ofCommand(name: string, before: readonly string[]): Promise<Candidate[]> {
    const loaded = await commands.load(name)
    if (!loaded) return []
    const spec = { ...loaded, options: [...loaded.options, rootOption] }
    const open = openOption(spec, before)
    if (open && !current.startsWith('-')) return valuesOf(open, '')
    const [typed = '', value] = current.split('=', 2)
    const assigned = value === undefined ? undefined : spec.options.find((option) => namesOf(option).includes(typed))
    if (assigned) return valuesOf(assigned, `${typed}=`)
    const argument = spec.argument?.name === 'secret' && !current.startsWith('-') ? await texts('secrets', '') : []
    return [...argument, ...unused(spec, before)]
  }

  async function valuesOf(option: OptionSpec, prefix: string): Promise<Candidate[]> {
    if (option.choices) return option.choices.map((text) => ({ text: prefix + text, about: '' }))
    const kind = kinds[`${namesOf(option).at(-1)} ${valueName(option)}`]
    return kind === undefined ? [] : texts(kind, prefix)
  }

  async function texts(kind: NameKind, prefix: string): Promise<Candidate[]> {
    return (await names(kind, rootOf(own.slice(0, -1)))).map((name) => ({ text: prefix + name, about: '' }))
  }
}

// --- internal ---

/** Which names an option takes. */
const kinds: Readonly<Record<string, NameKind>> = {
  '--root folder': 'applications',
  '--environment name': 'environments',
  '--tier name': 'tiers',
  '--only variables...': 'variables',
  '--without name...': 'remote secrets',
}

/** The words behind our own name: `npx tiered-secrets status -e` is typed too. */
function ownWords(line: string): string[] {
  const words = line.trimStart().split(/\s+/)
  const own = words.findIndex((word) => /(^|\/)tiered-secrets$/.test(word))
  return words.slice(own + 1)
}

/** `-e` and `--environment` of `-e, --environment <name>`. */
function namesOf({ flags }: OptionSpec): string[] {
  return flags.split(/[ ,]+/).filter((word) => word.startsWith('-'))
}

/** `name` of `--environment <name>`; undefined where it takes none. */
function valueName({ flags }: OptionSpec): string | undefined {
  return /<(.+)>$/.exec(flags)?.[1]
}

/** The option whose value comes next; one with several values takes all words up to the next option. */
function openOption(spec: CommandSpec<unknown>, before: readonly string[]): OptionSpec | undefined {
  const last = before.findLastIndex((word) => word.startsWith('-'))
  const option = spec.options.find((one) => namesOf(one).includes(before[last] ?? ''))
  const name = option && valueName(option)
  if (name === undefined) return undefined
  return name.endsWith('...') || last === before.length - 1 ? option : undefined
}

function unused({ options }: CommandSpec<unknown>, before: readonly string[]): Candidate[] {
  const given = (option: OptionSpec) =>
    namesOf(option).some((name) => before.some((word) => word.split('=')[0] === name))
  return options
    .filter((option) => option.isRepeatable === true || !given(option))
    .map((option) => ({ text: namesOf(option).at(-1) ?? '', about: option.description }))
}
