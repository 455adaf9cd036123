import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findStale, writeStale } from '../generate/stale-files.ts'
import type { Application } from '../model/types.ts'
import { generateFor } from '../session/generated-files.ts'

/** A temporary copy of the repository, removed when it is disposed of. */
export interface Workspace extends AsyncDisposable {
  readonly root: string
}

/**
 * Copies what the commands read; dependencies are linked.
 *
 * @param files texts to put in place of those of the repository, by path
 */
export async function copyRepository(root: string, files: Readonly<Record<string, string>> = {}): Promise<Workspace> {
  const copy = await mkdtemp(join(tmpdir(), 'tiered-secrets-bench-'))
  const workspace = { root: copy, [Symbol.asyncDispose]: () => rm(copy, { recursive: true, force: true }) }
  try {
    for (const path of copied) await cp(join(root, path), join(copy, path), { recursive: true })
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
    for (const [path, text] of Object.entries(files)) await writeFile(join(copy, path), text)
    return workspace
  } catch (error) {
    await workspace[Symbol.asyncDispose]()
    throw error
  }
}

/** Writes every file that an application implies, in this process. */
export async function writeGenerated({ root }: Workspace, application: Application): Promise<void> {
  const { files } = await generateFor(application, root)
  await writeStale(root, await findStale(root, files))
}

// --- internal ---

const copied = ['scripts', 'schema', 'charts', 'values', 'docs', 'package.json', 'tsconfig.json']
