import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { acquireLock } from '../../../../scripts/local/toolchain/lock.ts'
import { temporaryFolder } from '../../../helpers/folders.ts'

/** The id of a process that has ended. */
function deadPid(): number {
  return spawnSync('/bin/sh', ['-c', ':']).pid
}

test('a lock names its process and is gone afterwards', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'lock')
  {
    await using _lock = await acquireLock(path)
    expect(await readFile(path, 'utf8')).toMatch(new RegExp(`^${process.pid} `))
  }
  expect(await readdir(folder)).toEqual([])
})

test('the second one waits for the first', async () => {
  const path = join(await temporaryFolder(), 'lock')
  const order: string[] = []
  const first = await acquireLock(path)
  const second = acquireLock(path, { pollMs: 10, onWait: (pid) => order.push(`waits for ${pid}`) }).then(
    async (lock) => {
      order.push('second')
      await lock[Symbol.asyncDispose]()
    },
  )
  await new Promise((resolve) => setTimeout(resolve, 60))
  order.push('first is done')
  await first[Symbol.asyncDispose]()
  await second
  expect(order).toEqual([`waits for ${process.pid}`, 'first is done', 'second'])
})

test('the lock of a dead process is taken over at once', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'lock')
  await writeFile(path, `${deadPid()} ${hostname()} 00\n`)
  await using _lock = await acquireLock(path, { onWait: () => expect.unreachable() })
  expect(await readFile(path, 'utf8')).toMatch(new RegExp(`^${process.pid} `))
  expect(await readdir(folder)).toEqual(['lock'])
})

test('of many that see the same dead lock, one at a time holds it', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'lock')
  let most = 0
  // The moment in which two could hold it is short: it is tried often.
  for (let round = 0; round < 20; round++) {
    await writeFile(path, `${deadPid()} ${hostname()} ${round}\n`)
    let holders = 0
    await Promise.all(
      Array.from({ length: 24 }, async () => {
        await using _lock = await acquireLock(path, { pollMs: 1 })
        most = Math.max(most, ++holders)
        await new Promise((resolve) => setImmediate(resolve))
        holders--
      }),
    )
  }
  expect(most).toBe(1)
  expect(await readdir(folder)).toEqual([])
})

test('what a process left that was killed while it removed a dead lock holds up nobody', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'lock')
  const dead = `${deadPid()} ${hostname()} 00\n`
  await writeFile(path, dead)
  const beside = `${path}.${createHash('sha256').update(dead).digest('hex').slice(0, 12)}`
  await writeFile(beside, dead)
  const longAgo = new Date(Date.now() - 60_000)
  await utimes(beside, longAgo, longAgo)
  {
    await using _lock = await acquireLock(path, { pollMs: 1 })
  }
  expect(await readdir(folder)).toEqual([])
})

test('a lock of another machine is respected until it gives no sign of life', async () => {
  const path = join(await temporaryFolder(), 'lock')
  await writeFile(path, '1 another-machine 00\n')
  const waiting = new AbortController()
  const aborted = acquireLock(path, { pollMs: 5, signal: waiting.signal, onWait: () => waiting.abort() })
  await expect(aborted).rejects.toThrow()
  const longAgo = new Date(Date.now() - 60_000)
  await utimes(path, longAgo, longAgo)
  await using _lock = await acquireLock(path)
})

test('waiting ends when the command is interrupted', async () => {
  const path = join(await temporaryFolder(), 'lock')
  await using _lock = await acquireLock(path)
  const interrupt = new AbortController()
  setTimeout(() => interrupt.abort(), 30)
  await expect(acquireLock(path, { pollMs: 1000, signal: interrupt.signal })).rejects.toThrow()
})
