import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { generatedHeader } from '../generate/chart-values.ts'
import type { Generated } from '../generate/generate.ts'
import { reachabilityHeader } from '../generate/reachability-page.ts'
import { diffOf, findStale, type StaleFile, writeStale } from '../generate/stale-files.ts'
import { defineCommand } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { readIfExists } from '../lib/files.ts'
import { document } from '../lib/printable.ts'
import { exitCodes, formatProblems, ProblemError } from '../lib/problems.ts'
import { generateAll, staleProblem } from '../session/generated-files.ts'

interface Options {
  readonly check?: boolean
}

export const command = defineCommand<Options>({
  name: 'gen-values',
  summary: 'Writes every generated file from the catalogue: values, schema, types, tables.',
  example: commandLine`gen-values --check`,
  options: [{ flags: '--check', description: 'write nothing; print a diff and exit 3 when a file is stale' }],
  async run({ check }, io) {
    const { files, warnings } = await generateAll(io)
    if (warnings.length > 0) io.tell(formatProblems(warnings))
    const stale = await findStale(io.userFolder, files)
    const orphans = await findOrphans(io.userFolder, files)
    if (check) {
      if (stale.length === 0 && orphans.length === 0) {
        io.log(`${files.length} generated files are up to date.`)
        return exitCodes.ok
      }
      io.out(document(await diffOf([...stale, ...orphans])))
      throw new ProblemError([...stale, ...orphans].map(staleProblem))
    }
    await writeStale(io.userFolder, stale)
    for (const { path } of orphans) await rm(join(io.userFolder, path))
    for (const { path, committed } of stale) io.log(`${committed === undefined ? 'created' : 'updated'} ${path}`)
    for (const { path } of orphans) io.log(`removed ${path}`)
    io.log(`${files.length} generated files, ${stale.length + orphans.length} changed.`)
    return exitCodes.ok
  },
})

// --- internal ---

/** Generated values and tables of removed environments. Only files with our header: files written by hand are kept. */
async function findOrphans(userFolder: string, files: Generated['files']): Promise<StaleFile[]> {
  const expected = new Set(files.map((file) => file.path))
  const found = await Promise.all(
    ['values', 'charts/tiered-secrets/ci'].map(async (folder) => {
      const names = await readdir(join(userFolder, folder)).catch(() => [])
      return names.map((name) => `${folder}/${name}`)
    }),
  )
  const candidates = found.flat().filter((path) => /\.(yaml|md)$/.test(path) && !expected.has(path))
  const texts = await Promise.all(candidates.map((path) => readIfExists(join(userFolder, path))))
  return candidates
    .map((path, index) => ({ path, content: '', committed: texts[index] }))
    .filter(({ committed }) => [generatedHeader, reachabilityHeader].some((header) => committed?.startsWith(header)))
}
