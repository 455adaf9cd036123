import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findStale, writeStale } from '../generate/stale-files.ts'
import { type Folders, oneFolder } from '../lib/folders.ts'
import type { Application } from '../model/types.ts'
import { generateFor } from '../session/generated-files.ts'

/** A temporary copy of the repository, removed when it is disposed of. */
export interface Workspace extends AsyncDisposable {
  readonly folder: string
}

/**
 * Copies what the commands read; dependencies are linked.
 *
 * @param files texts to put in place of those of the repository, by path
 */
export async function copyRepository(
  { productFolder, userFolder }: Folders,
  files: Readonly<Record<string, string>> = {},
): Promise<Workspace> {
  const copy = await mkdtemp(join(tmpdir(), 'tiered-secrets-bench-'))
  const workspace = { folder: copy, [Symbol.asyncDispose]: () => rm(copy, { recursive: true, force: true }) }
  try {
    for (const path of ofProduct) await cp(join(productFolder, path), join(copy, path), { recursive: true })
    for (const path of ofUser) await cp(join(userFolder, path), join(copy, path), { recursive: true })
    await symlink(join(productFolder, 'node_modules'), join(copy, 'node_modules'))
    for (const [path, text] of Object.entries(files)) await writeFile(join(copy, path), text)
    return workspace
  } catch (error) {
    await workspace[Symbol.asyncDispose]()
    throw error
  }
}

/** Writes every file that an application implies, in this process. */
export async function writeGenerated({ folder }: Workspace, application: Application): Promise<void> {
  const { files } = await generateFor(application, oneFolder(folder))
  await writeStale(folder, await findStale(folder, files))
}

// --- internal ---

const ofProduct = ['scripts', 'schema', 'charts', 'docs', 'package.json', 'tsconfig.json']
const ofUser = ['values']
