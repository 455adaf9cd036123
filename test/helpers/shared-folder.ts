import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folders: string[] = []

/** A folder for several tests, gone when all tests of the file are over. */
export async function sharedFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ts-shared-'))
  folders.push(folder)
  return folder
}

/** Called at the end of every file by `test/helpers/each-file.ts`. */
export async function removeSharedFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
}
