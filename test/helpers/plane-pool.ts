import { readdir, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '../../scripts/kubernetes/client.ts'
import { applyCrds } from '../../scripts/kubernetes/crds.ts'
import { type ApiServer, isReady, startApiServer } from '../../scripts/local/stack/api-server.ts'
import { differences, type EtcdContent, putBack, readContent } from './etcd-content.ts'
import { eventually } from './eventually.ts'
import { localTools } from './local-stack.ts'
import { processesIn, programOf } from './processes.ts'

/** API servers with the operator's definitions that one test file after another uses. */
export interface PlanePool extends AsyncDisposable {
  /** One that nobody else uses, and that holds what a new one does. */
  take(): Promise<ApiServer>
  /** Has it become as it was when it was new, or stopped where that can't be done. */
  giveBack(folder: string): void
}

export interface PlanePoolOptions {
  /** Those that nobody wants are stopped after so long. Default: three minutes */
  readonly idleMs?: number
  /** Called with the reason why one is not used again. */
  readonly onLost?: (reason: string) => void
}

export function planePool({ idleMs = 180_000, onLost = () => undefined }: PlanePoolOptions = {}): PlanePool {
  const taken = new Map<string, Plane>()
  let idle: Idle[] = []
  const ending = new Set<Promise<void>>()
  const stop = (plane: Plane) => {
    const stopped: Promise<void> = Promise.resolve(plane.apiServer[Symbol.asyncDispose]()).finally(() =>
      ending.delete(stopped),
    )
    ending.add(stopped)
    return stopped
  }
  const drop = async ({ timer, plane }: Idle) => {
    clearTimeout(timer)
    const found = await plane
    if (found) await stop(found)
  }
  const remove = (one: Idle) => {
    clearTimeout(one.timer)
    idle = idle.filter((other) => other !== one)
  }
  const keep = (plane: Idle['plane']) => {
    const one: Idle = {
      plane,
      timer: setTimeout(() => {
        remove(one)
        void drop(one)
      }, idleMs),
    }
    idle.push(one)
    // Each of them holds half a gigabyte.
    for (const surplus of idle.splice(0, Math.max(0, idle.length - maxIdle))) void drop(surplus)
  }
  const firstUsable = async () => {
    for (const one of [...idle].reverse()) {
      if (!idle.includes(one)) continue
      remove(one)
      const plane = await one.plane
      if (plane && plane.usableAt <= Date.now()) return plane
      if (plane) keep(one.plane)
    }
    return undefined
  }
  return {
    async take() {
      const plane = (await firstUsable()) ?? (await startPlane())
      taken.set(plane.apiServer.folder, plane)
      return plane.apiServer
    },
    giveBack(folder) {
      const plane = taken.get(folder)
      if (!plane) throw new Error(`nobody has taken ${folder}`)
      taken.delete(folder)
      keep(
        renew(plane).then(async (obstacle) => {
          if (obstacle === undefined) return plane
          onLost(obstacle)
          await stop(plane)
          return undefined
        }),
      )
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...[...taken.values()].map(stop), ...idle.splice(0).map(drop)])
      await Promise.all(ending)
    },
  }
}

// --- internal ---

interface Plane {
  readonly apiServer: ApiServer
  readonly files: ReadonlySet<string>
  readonly content: EtcdContent
  /** Process ids of its own programs. */
  readonly programs: ReadonlySet<number>
  hasFailed: boolean
  /** Until then the API server may remember what is gone. */
  usableAt: number
}

/** One that nobody has taken: undefined in the end when it can't be used again. */
interface Idle {
  readonly plane: Promise<Plane | undefined>
  readonly timer: NodeJS.Timeout
}

async function startPlane(): Promise<Plane> {
  const { binaries, crds } = await localTools()
  const apiServer = await startApiServer({ binaries })
  try {
    using client = createClient(apiServer)
    await applyCrds(client, crds)
    const content = await settled(apiServer)
    const files = new Set(await readdir(apiServer.folder))
    const programs = new Set(processesIn(apiServer.folder))
    const plane: Plane = { apiServer, files, content, programs, hasFailed: false, usableAt: 0 }
    void apiServer.failure.then(() => {
      plane.hasFailed = true
    })
    return plane
  } catch (error) {
    await apiServer[Symbol.asyncDispose]()
    throw error
  }
}

/** What etcd holds once the API server has written all that it writes at its start. */
async function settled(apiServer: ApiServer): Promise<EtcdContent> {
  await eventually(() => isReady(apiServer), Boolean, { timeoutMs: 60_000 })
  for (let before = await readContent(apiServer); ; ) {
    await sleep(200)
    const now = await readContent(apiServer)
    if (differences(before, now).length === 0) return now
    before = now
  }
}

/**
 * Makes all go that a test file has left: objects, changes to the API server's own ones, and files.
 *
 * @returns why that can't be done
 */
async function renew(plane: Plane): Promise<string | undefined> {
  const { apiServer, content, files, programs } = plane
  try {
    if (plane.hasFailed) return 'a part of it has ended'
    const running = processesIn(apiServer.folder).filter((pid) => !programs.has(pid))
    if (running.length > 0) return `${running.map(programOf)} still runs`
    await eventually(() => isReady(apiServer), Boolean)
    const left = differences(content, await readContent(apiServer))
    const definition = left.find((key) => key.startsWith('/registry/apiextensions.k8s.io/'))
    if (definition !== undefined) return `it remembers ${definition}`
    if (left.some((key) => key.startsWith('/registry/resourcequotas/'))) plane.usableAt = Date.now() + quotasMs
    await putBack(apiServer, left, content)
    if (left.some((key) => policies.test(key))) await sleep(1_500)
    const [kept] = differences(content, await readContent(apiServer))
    if (kept !== undefined) return `${kept} is not as it was`
    for (const name of await readdir(apiServer.folder)) {
      const path = join(apiServer.folder, name)
      if (!files.has(name)) await rm(path, { recursive: true, force: true })
      else if (name.endsWith('.log')) await truncate(path)
    }
    return undefined
  } catch (error) {
    return String(error)
  }
}

/** So long the API server may go on counting for a quota that it has asked for itself. */
const quotasMs = 31_000
const maxIdle = 3
/** It reads them once a second, and goes on judging by one that is gone. */
const policies = /^\/registry\/validatingadmissionpolic/
