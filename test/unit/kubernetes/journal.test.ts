import { expect, test } from 'vitest'
import type { KubernetesClient } from '../../../scripts/kubernetes/client.ts'
import { KubernetesError } from '../../../scripts/kubernetes/errors.ts'
import { openJournal } from '../../../scripts/kubernetes/journal.ts'
import type { KubernetesObject } from '../../../scripts/kubernetes/kinds.ts'
import { problemOf } from '../../helpers/problems.ts'

const ref = { namespace: 'shop-secrets', name: 'rotate' }

interface State {
  readonly phase: string
}

const parse = (json: unknown) => {
  const { phase } = json as Partial<State>
  return phase === undefined ? undefined : { phase }
}

type Stored = KubernetesObject & { data?: Record<string, string> }

/** One ConfigMap, and what goes wrong with the next write of it. */
function cluster() {
  let stored: Stored | undefined
  let count = 0
  let fault: 'before' | 'after' | undefined
  const write = (next: Stored) => {
    const now = fault
    fault = undefined
    if (now === 'before') throw new Error('connection lost')
    const uid = stored?.metadata.uid ?? `u${count}`
    stored = { ...next, metadata: { ...next.metadata, uid, resourceVersion: String(++count) } }
    if (now === 'after') throw new Error('connection lost')
    return stored
  }
  const conflict = () => new KubernetesError('PATCH', 409, 'Conflict', 'changed')
  const client = {
    get: async () => stored,
    async create(_kind: unknown, object: Stored) {
      if (stored) throw conflict()
      return write(object)
    },
    async mergePatch(_kind: unknown, _ref: unknown, patch: Stored) {
      if (!stored || patch.metadata.resourceVersion !== stored.metadata.resourceVersion) throw conflict()
      return write({ ...stored, metadata: { ...stored.metadata, ...patch.metadata }, data: patch.data ?? {} })
    },
    async delete(_kind: unknown, _ref: unknown, _signal: unknown, only: { uid?: string; resourceVersion?: string }) {
      const was = stored !== undefined
      const { uid, resourceVersion } = stored?.metadata ?? {}
      if (was && (only.uid !== uid || only.resourceVersion !== resourceVersion)) throw conflict()
      stored = undefined
      return was
    },
  } as unknown as KubernetesClient
  return {
    open: (holder: string) => openJournal<State>(client, ref, { parse, holder }),
    lose(when: 'before' | 'after') {
      fault = when
    },
    put: (text: string) => write({ metadata: ref, data: { 'state.json': text } }),
  }
}

test('what one run notes, the next run finds, until it ends', async () => {
  const here = cluster()
  const first = await here.open('one')
  expect(first.state).toBeUndefined()
  await first.note({ phase: 'a' })
  await first.note({ phase: 'b' })
  expect(first.state).toEqual({ phase: 'b' })
  const second = await here.open('two')
  expect(second.state).toEqual({ phase: 'b' })
  await second.end()
  expect([second.state, (await here.open('three')).state]).toEqual([undefined, undefined])
})

test('a run that hangs can no longer note anything once another has opened the journal', async () => {
  const here = cluster()
  const hanging = await here.open('one')
  await hanging.note({ phase: 'a' })
  await here.open('two')
  expect(await problemOf(hanging.note({ phase: 'b' }))).toMatchObject({ code: 'JOURNAL_CHANGED' })
  expect((await here.open('three')).state).toEqual({ phase: 'a' })
})

test('of two runs that both found nothing, one begins', async () => {
  const here = cluster()
  const [one, two] = [await here.open('one'), await here.open('two')]
  await one.note({ phase: 'a' })
  expect(await problemOf(two.note({ phase: 'b' }))).toMatchObject({ code: 'JOURNAL_CHANGED' })
})

test('an answer that got lost is reported from what the cluster has', async () => {
  const here = cluster()
  const journal = await here.open('one')
  here.lose('after')
  await journal.note({ phase: 'a' })
  here.lose('after')
  await journal.note({ phase: 'b' })
  here.lose('before')
  await expect(journal.note({ phase: 'c' })).rejects.toThrow('connection lost')
  expect(journal.state).toEqual({ phase: 'b' })
  await journal.note({ phase: 'c' })
  expect((await here.open('two')).state).toEqual({ phase: 'c' })
})

test.each(['{"other":1}', 'no JSON', ''])(
  'what no run of this version noted is refused and left alone: %j',
  async (text) => {
    const here = cluster()
    here.put(text)
    expect(await problemOf(here.open('one'))).toMatchObject({
      code: 'JOURNAL_UNREADABLE',
      where: 'ConfigMap/shop-secrets/rotate',
    })
  },
)

test('a run that hung does not delete the journal of the run that came after it', async () => {
  const here = cluster()
  const hanging = await here.open('one')
  await hanging.note({ phase: 'a' })
  const next = await here.open('two')
  expect(await problemOf(hanging.end())).toMatchObject({ code: 'JOURNAL_CHANGED' })
  await next.note({ phase: 'b' })
  expect((await here.open('three')).state).toEqual({ phase: 'b' })
})

test('nor one that has begun anew under the same name', async () => {
  const here = cluster()
  const hanging = await here.open('one')
  await hanging.note({ phase: 'a' })
  await (await here.open('two')).end()
  const another = await here.open('three')
  await another.note({ phase: 'b' })
  expect(await problemOf(hanging.end())).toMatchObject({ code: 'JOURNAL_CHANGED' })
  expect((await here.open('four')).state).toEqual({ phase: 'b' })
})

test('one that somebody else has ended needs no end', async () => {
  const here = cluster()
  const [one, two] = [await here.open('one'), await here.open('one')]
  await one.note({ phase: 'a' })
  const late = await here.open('one')
  await late.end()
  await one.end()
  expect([one.state, two.state]).toEqual([undefined, undefined])
})
