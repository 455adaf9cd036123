/**
 * What `npm pack` packs besides committed files: the commands as plain JavaScript, and the types for a user's two data
 * files. Run by `npm pack` and `npm publish` as `prepack`.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CommandSpec } from '../scripts/lib/command.ts'
import { run } from '../scripts/lib/exec.ts'
import { commandFiles, compile, root, writeLicences } from './compile.ts'

const folder = join(root, 'dist/package')

await rm(folder, { recursive: true, force: true })
const metafile = await compile(['scripts/cli.ts', 'scripts/index.ts', ...(await commandFiles('package'))], folder)
await writeLicences(metafile, join(folder, 'LICENSES.txt'))
await writeTypes()
await writeOverview()

/** Declarations of what data files import. Their own imports name the compiled files, which every compiler resolves. */
async function writeTypes(): Promise<void> {
  const types = join(folder, 'types')
  const options = [
    '--declaration',
    '--emitDeclarationOnly',
    '--noEmit',
    'false',
    '--rootDir',
    'scripts',
    '--outDir',
    types,
  ]
  const common = ['--ignoreConfig', '--target', 'es2023', '--module', 'nodenext', '--strict', '--types', 'node']
  const compiler = join(root, 'node_modules/.bin/tsc')
  await run(compiler, [...options, ...common, '--allowImportingTsExtensions', 'scripts/index.ts'], { cwd: root })
  for (const path of await readdir(types, { recursive: true })) {
    if (!path.endsWith('.d.ts')) continue
    const text = await readFile(join(types, path), 'utf8')
    await writeFile(join(types, path), text.replaceAll(/(from '\.[^']*)\.ts'/g, "$1.js'"))
  }
}

/** What help lists, so that it need not load every command. */
async function writeOverview(): Promise<void> {
  const commands = join(folder, 'scripts/commands')
  const files = (await readdir(commands)).filter((file) => file.endsWith('.js')).sort()
  const titles = await Promise.all(
    files.map(async (file) => {
      const { command }: { command: CommandSpec<unknown> } = await import(pathToFileURL(join(commands, file)).href)
      return { name: command.name, summary: command.summary }
    }),
  )
  await writeFile(join(commands, 'overview.json'), `${JSON.stringify(titles, null, 2)}\n`)
}
