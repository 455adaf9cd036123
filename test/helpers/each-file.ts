import { afterAll } from 'vitest'
import { removeSharedFolders } from './shared-folder.ts'

/** Vitest runs this at the begin of every test file. The files of a worker share modules, whose hooks it would run once only. */
afterAll(removeSharedFolders)
