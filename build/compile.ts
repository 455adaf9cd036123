import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { ofProductRepository } from '../scripts/lib/command-names.ts'

/** The root of this repository. */
export const root = join(import.meta.dirname, '..')

/** The files of all commands, or of those that the package has. */
export async function commandFiles(which: 'all' | 'package'): Promise<string[]> {
  const files = (await readdir(join(root, 'scripts/commands'))).filter((file) => file.endsWith('.ts'))
  const wanted = files.filter((file) => which === 'all' || !ofProductRepository.includes(file.replace(/\.ts$/, '')))
  return wanted.map((file) => `scripts/commands/${file}`)
}

/**
 * Compiles programs of ours to plain JavaScript for the oldest supported Node, libraries included. What they share is one
 * module for all of them, in a file of its own. The folder is whole at any moment.
 *
 * @param folder where to; nothing may be there yet
 * @param from the repository whose programs they are. Default: this one
 * @returns which files went into it
 */
export async function compile(entryPoints: readonly string[], folder: string, from: string = root): Promise<Metafile> {
  const unfinished = `${folder}.${process.pid}.tmp`
  await mkdir(dirname(folder), { recursive: true })
  try {
    const { metafile } = await build({
      absWorkingDir: from,
      entryPoints: [...entryPoints],
      outdir: unfinished,
      outbase: '.',
      bundle: true,
      splitting: true,
      metafile: true,
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      // These read files of their own package.
      external: ['jiti', 'json-schema-to-typescript', 'oxc-parser'],
      // Libraries of the older module format ask for Node's modules by `require`.
      banner: {
        js: "import { createRequire as requireFor } from 'node:module'\nconst require = requireFor(import.meta.url)",
      },
      logLevel: 'warning',
    })
    await rename(unfinished, folder)
    return metafile
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

/** The licences of the libraries that went into it, for whoever passes it on. */
export async function writeLicences(metafile: Metafile, file: string): Promise<void> {
  const found = Object.keys(metafile.inputs).map((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
  const folders = [...new Set(found.filter((folder) => folder !== undefined))].sort()
  const texts = await Promise.all(folders.map((folder) => licenceOf(join(root, folder))))
  await writeFile(file, `The files of this folder hold these libraries.\n\n${texts.join('\n')}`)
}

// --- internal ---

async function licenceOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e(\.(md|txt))?$/i.test(entry))
  if (file === undefined) return `--- ${name} ${version}: ${license}\n`
  return `--- ${name} ${version}: ${license}\n\n${(await readFile(join(folder, file), 'utf8')).trim()}\n`
}
