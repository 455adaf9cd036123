import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { findLeftOvers } from '../generate/left-overs.ts'
import { diffOf, findStale, replacedFiles, writeStale } from '../generate/stale-files.ts'
import { duplicateKeyProblems } from '../inspect/check/duplicate-keys.ts'
import { defineCommand } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { document } from '../lib/printable.ts'
import { exitCodes, formatProblems, ProblemError } from '../lib/problems.ts'
import { generateAll } from '../session/generated-files.ts'
import { foreignProblems, replacedProblem, staleProblems } from '../session/stale-problems.ts'

interface Options {
  readonly check?: boolean
}

export const command = defineCommand<Options>({
  name: 'gen-values',
  summary: 'Writes every generated file from the catalogue: values, schema, types, tables.',
  example: commandLine`gen-values --check`,
  options: [{ flags: '--check', description: 'write nothing; print a diff and exit 3 when a file is stale' }],
  async run({ check }, io) {
    const duplicates = await duplicateKeyProblems(io)
    if (duplicates.length > 0) throw new ProblemError(duplicates)
    const { files, warnings } = await generateAll(io)
    if (warnings.length > 0) io.tell(formatProblems(warnings))
    const stale = await findStale(io.userFolder, files)
    const replaced = replacedFiles(stale)
    if (replaced.length > 0) throw new ProblemError(replaced.map(replacedProblem))
    const { orphans, foreign } = await findLeftOvers(io.userFolder, files)
    if (check) {
      const problems = [...staleProblems([...stale, ...orphans]), ...foreignProblems(foreign)]
      if (problems.length === 0) {
        io.log(`${files.length} generated files are up to date.`)
        return exitCodes.ok
      }
      io.out(document(await diffOf([...stale, ...orphans])))
      throw new ProblemError(problems)
    }
    await writeStale(io.userFolder, stale)
    for (const { path } of orphans) await rm(join(io.userFolder, path))
    for (const { path, committed } of stale) io.log(`${committed === undefined ? 'created' : 'updated'} ${path}`)
    for (const { path } of orphans) io.log(`removed ${path}`)
    io.log(`${files.length} generated files, ${stale.length + orphans.length} changed.`)
    if (foreign.length > 0) throw new ProblemError(foreignProblems(foreign))
    return exitCodes.ok
  },
})
