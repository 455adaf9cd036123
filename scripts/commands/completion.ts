import { type CommandIo, defineCommand, wrongUsage } from '../lib/command.ts'
import { commandLine, fromTyped } from '../lib/command-line.ts'
import { type Candidate, candidates, type NameKind } from '../lib/completion.ts'
import { completionScripts } from '../lib/completion-scripts.ts'
import { applicationsAround } from '../lib/folders.ts'
import { lines } from '../lib/printable.ts'
import { exitCodes } from '../lib/problems.ts'
import { chooseUserFolder } from '../lib/root-option.ts'
import { remoteNameOf } from '../model/specs.ts'
import type { Application } from '../model/types.ts'
import { loadApplication } from '../session/application.ts'

interface Options {
  readonly shell: string
}

export const command = defineCommand<Options>({
  name: 'completion',
  summary: 'Prints what bash, zsh or fish needs to complete commands, options and names of your application.',
  example: `source <(${commandLine`completion bash`})`,
  options: [],
  argument: {
    name: 'shell',
    description: `${Object.keys(completionScripts).join(', ')}; or words, which they ask for`,
  },
  async run({ shell }, io) {
    if (shell === 'words') {
      const found = await candidates(io.env.TIERED_SECRETS_LINE ?? '', io.commands, namesFor(io))
      if (found.length > 0) io.out(lines(...found.map(wordAndMeaning)))
      return exitCodes.ok
    }
    const script = completionScripts[shell]
    if (script === undefined) {
      const known = Object.keys(completionScripts).join(', ')
      throw wrongUsage('completion', shell, `there is no completion for this shell. Expected one of: ${known}.`)
    }
    io.out(lines(...script.trimEnd().split('\n')))
    return exitCodes.ok
  },
})

// --- internal ---

function wordAndMeaning({ text, about }: Candidate): string {
  return about === '' ? text : `${text} ${about}`
}

/** While somebody types, nothing is said of a catalogue that can't be loaded: it has no names. */
function namesFor({ typedIn, env }: CommandIo): (kind: NameKind, root?: string) => Promise<readonly string[]> {
  return async (kind, root) => {
    if (kind === 'applications') return applicationsAround(typedIn).map(fromTyped)
    try {
      const userFolder = chooseUserFolder(root, typedIn, typedIn)
      return [...new Set(namesOf[kind](await loadApplication({ userFolder, env })))]
    } catch {
      return []
    }
  }
}

const namesOf: Readonly<Record<Exclude<NameKind, 'applications'>, (application: Application) => string[]>> = {
  environments: ({ environments }) => Object.keys(environments),
  tiers: ({ catalogue }) => Object.keys(catalogue.tiers),
  variables: ({ catalogue }) => catalogue.secrets.map(({ variable }) => variable),
  'remote secrets': ({ catalogue }) => catalogue.secrets.map(remoteNameOf),
  secrets: ({ catalogue }) =>
    catalogue.secrets.flatMap(({ tier, variable, identity }) => [
      `${tier}.${variable}`,
      ...(identity === undefined ? [] : [`${tier}.${identity}`]),
    ]),
}
