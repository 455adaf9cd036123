import { defineCommand, outputOption } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { jsonDocument, lines, type Printable, together } from '../lib/printable.ts'
import { exitCodes, type Problem, ProblemError } from '../lib/problems.ts'
import { table } from '../lib/table.ts'
import { holds, readPins } from '../local/toolchain/pins.ts'
import { findNews, type PinNews } from '../local/toolchain/releases.ts'

interface Options {
  readonly check?: boolean
  readonly output: 'table' | 'json'
}

export const command = defineCommand<Options>({
  name: 'pins',
  summary: 'Lists the pinned versions of tools and packages, and the newer releases of each.',
  example: commandLine`pins --check`,
  options: [{ flags: '--check', description: 'exit 3 when a pin has a newer release' }, outputOption],
  async run({ check = false, output }, io) {
    const news = await findNews(await readPins(io.productFolder), io)
    io.out(output === 'json' ? asJson(news) : asTable(news))
    const problems = news.flatMap(({ problem }) => (problem ? [problem] : []))
    const moving = news.filter(({ newest, sameMinor }) => newest ?? sameMinor)
    io.log(`${moving.length} of ${news.length} pins have newer releases; docs/development.md explains how to move one.`)
    if (problems.length > 0) throw new ProblemError(unique(problems), exitCodes.unreachable)
    return check && moving.length > 0 ? exitCodes.problems : exitCodes.ok
  },
})

// --- internal ---

/** What keeps the other columns within 80. */
const maxNameLength = 41

function asTable(news: readonly PinNews[]): Printable {
  const rows = news.map(({ name, version, sameMinor, newest, problem }) => {
    const nothing = problem ? '?' : '-'
    const shortName = name.length > maxNameLength ? `…${name.slice(1 - maxNameLength)}` : name
    return [shortName, version, sameMinor ?? nothing, newest ?? nothing]
  })
  const held = Object.entries(holds).filter(([name]) => news.some((pin) => pin.name === name))
  const notes = held.flatMap(([name, { below, reason }]) => [
    `${name} stays${below === undefined ? '' : ` below ${below}`}:`,
    `  ${reason}.`,
  ])
  return together(table(['PIN', 'PINNED', 'SAME MINOR', 'NEWEST'], rows), lines('', ...notes))
}

function asJson(news: readonly PinNews[]): Printable {
  const pins = news.map(({ problem, ...pin }) => {
    const { below, reason } = holds[pin.name] ?? {}
    const stays = reason === undefined ? {} : { stays: { ...(below === undefined ? {} : { below }), reason } }
    return { ...pin, ...stays, ...(problem ? { problem } : {}) }
  })
  return jsonDocument({ version: 1, pins })
}

/** A missing client is reported once, and not for each of its pins. */
function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.where} ${problem.message}`, problem])).values()]
}
