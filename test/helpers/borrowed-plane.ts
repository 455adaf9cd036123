import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import { removeFolder } from '../../scripts/local/stack/access-files.ts'
import type { ApiServer } from '../../scripts/local/stack/api-server.ts'
import { Cleanup } from '../../scripts/local/stack/cleanup.ts'
import {
  type ControlPlane,
  type ControlPlaneOptions,
  startControllers,
} from '../../scripts/local/stack/control-plane.ts'
import { startGuard } from '../../scripts/local/stack/guard.ts'
import { localTools } from './local-stack.ts'
import { askRun } from './run-server.ts'

/**
 * A control plane with the operator's definitions, whose API server has served other test files before and holds nothing of
 * them. Its controllers are its own. For every test whose subject is neither the API server nor etcd.
 */
export async function borrowControlPlane({
  controllers = [],
}: Pick<ControlPlaneOptions, 'controllers'> = {}): Promise<ControlPlane> {
  const cleanup = new Cleanup()
  try {
    const apiServer = await ask<ApiServer>('/take')
    cleanup.defer(() => ask('/give-back', apiServer.folder))
    const folder = await mkdtemp(join(tmpdir(), 'ts-guard-'))
    const guard = cleanup.use(startGuard(folder))
    cleanup.defer(() => removeFolder(folder))
    const { binaries } = await localTools()
    const parts = { binary: binaries.controllerManager, apiServer: { ...apiServer, guard }, more: controllers }
    const { failure } = cleanup.use(await startControllers(parts))
    return { ...apiServer, guard, failure, [Symbol.asyncDispose]: () => cleanup[Symbol.asyncDispose]() }
  } catch (error) {
    await cleanup[Symbol.asyncDispose]()
    throw error
  }
}

// --- internal ---

function ask<T>(path: string, body?: string): Promise<T> {
  return askRun(inject('planes'), path, body)
}
