/**
 * What `npm pack` packs besides committed files: the commands as plain JavaScript, and the types for a user's two data
 * files. Run by `npm pack` and `npm publish` as `prepack`.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CommandSpec } from '../scripts/lib/command.ts'
import { run } from '../scripts/lib/exec.ts'
import { filesBelow } from '../scripts/lib/files.ts'
import { commandFiles, compile, root, writeLicences } from './compile.ts'

const packed = join(root, 'dist/package')
const folder = `${packed}.${process.pid}`

try {
  const metafile = await compile(['scripts/cli.ts', 'scripts/index.ts', ...(await commandFiles('package'))], folder)
  await writeLicences(metafile, join(folder, 'LICENSES.txt'))
  await writeTypes()
  await writeOverview()
  await bringUpToDate()
} finally {
  await rm(folder, { recursive: true, force: true })
}

/** Changes only what differs: another `npm pack` of the same sources may be reading what is there. */
async function bringUpToDate(): Promise<void> {
  const made = await filesBelow(folder)
  for (const path of made) {
    const [from, to] = [join(folder, path), join(packed, path)]
    const before = await readFile(to).catch(() => undefined)
    if (before?.equals(await readFile(from))) continue
    await mkdir(dirname(to), { recursive: true })
    await rename(from, to)
  }
  for (const path of await filesBelow(packed)) if (!made.includes(path)) await rm(join(packed, path), { force: true })
}

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
  await run(compiler, [...options, ...common, '--singleThreaded', '--allowImportingTsExtensions', 'scripts/index.ts'], {
    cwd: root,
  })
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
