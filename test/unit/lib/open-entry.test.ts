import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { findOpenEntry, isGroupOfOwn } from '../../../scripts/lib/open-entry.ts'
import { executable, temporaryFolder } from '../../helpers/folders.ts'

/** A user who is nobody on this machine, and a group that /etc/group does not list. */
const stranger = 54_321
const isRoot = process.geteuid?.() === 0

let root: string
let program: string
beforeEach(async () => {
  root = await temporaryFolder()
  program = await executable(join(root, 'outer/bin/tool'), '')
  for (const folder of [join(root, 'outer/bin'), join(root, 'outer')]) await chmod(folder, 0o755)
})

test('a program that only its owner and root may change is nobody else’s', async () => {
  expect(await findOpenEntry(program)).toBeUndefined()
})

test('the programs that run this test, and the folders they are in, are fine', async () => {
  for (const path of [process.execPath, dirname(process.execPath), '/bin/sh', '/usr/bin']) {
    expect([path, await findOpenEntry(path)]).toEqual([path, undefined])
  }
})

test('what is not there is nobody’s', async () => {
  expect(await findOpenEntry(join(root, 'not/there'))).toBeUndefined()
})

describe.each([
  ['the file', 'outer/bin/tool'],
  ['its folder', 'outer/bin'],
  ['a folder above', 'outer'],
])('%s', (_, name) => {
  test('that everybody may write is reported with the mode and the fix', async () => {
    const path = join(root, name)
    await chmod(path, 0o777)
    expect(await findOpenEntry(program)).toEqual({
      path,
      fact: 'has mode 0777: every user may write there',
      fix: `Run \`chmod go-w '${path}'\``,
    })
    await chmod(path, 0o755)
    expect(await findOpenEntry(program)).toBeUndefined()
  })

  test.runIf(isRoot)(
    'that a group of others may write is reported, and one that its group may only read is not',
    async () => {
      const path = join(root, name)
      await chown(path, 0, stranger)
      expect(await findOpenEntry(program)).toBeUndefined()
      await chmod(path, 0o775)
      expect(await findOpenEntry(program)).toMatchObject({
        path,
        fact: `has mode 0775: everybody in the group ${stranger} may write there`,
      })
    },
  )

  test.runIf(isRoot)('that root’s own group may write is fine', async () => {
    await chown(join(root, name), 0, 0)
    await chmod(join(root, name), 0o775)
    expect(await findOpenEntry(program)).toBeUndefined()
  })

  test.runIf(isRoot)('that belongs to another user is reported', async () => {
    const path = join(root, name)
    await chown(path, stranger, 0)
    expect(await findOpenEntry(program)).toMatchObject({ path, fact: `belongs to another user (uid ${stranger})` })
  })
})

describe('a folder where only the owner of an entry may replace it', () => {
  test('may have folders in it that are used, and no files', async () => {
    await chmod(join(root, 'outer'), 0o1777)
    expect(await findOpenEntry(program)).toBeUndefined()
    expect(await findOpenEntry(join(root, 'outer'))).toMatchObject({ path: join(root, 'outer') })
    await writeFile(join(root, 'outer/tool'), '', { mode: 0o755 })
    expect(await findOpenEntry(join(root, 'outer/tool'))).toMatchObject({
      path: join(root, 'outer'),
      fact: 'has mode 1777: every user may write there',
    })
  })

  test('may not have links in it either', async () => {
    await chmod(join(root, 'outer'), 0o1777)
    await symlink('bin', join(root, 'outer/link'))
    expect(await findOpenEntry(join(root, 'outer/link/tool'))).toMatchObject({ path: join(root, 'outer') })
  })

  test.runIf(isRoot)('has folders of others, which are not used', async () => {
    await chmod(join(root, 'outer'), 0o1777)
    await chown(join(root, 'outer/bin'), stranger, 0)
    expect(await findOpenEntry(program)).toMatchObject({ path: join(root, 'outer/bin') })
  })

  test.runIf(isRoot)('is of no use when it belongs to another user', async () => {
    await chmod(join(root, 'outer'), 0o1755)
    await chown(join(root, 'outer'), stranger, 0)
    expect(await findOpenEntry(program)).toMatchObject({ path: join(root, 'outer') })
  })
})

describe('a link', () => {
  test('leads to a program in an open folder, which is reported', async () => {
    await mkdir(join(root, 'path'))
    await symlink('../outer/bin/tool', join(root, 'path/tool'))
    expect(await findOpenEntry(join(root, 'path/tool'))).toBeUndefined()
    await chmod(join(root, 'outer/bin'), 0o777)
    expect(await findOpenEntry(join(root, 'path/tool'))).toMatchObject({ path: join(root, 'outer/bin') })
  })

  test('in an open folder is reported, whatever it leads to', async () => {
    await mkdir(join(root, 'path'))
    await symlink(program, join(root, 'path/tool'))
    await chmod(join(root, 'path'), 0o777)
    expect(await findOpenEntry(join(root, 'path/tool'))).toMatchObject({ path: join(root, 'path') })
  })

  test('of a folder above is followed', async () => {
    await symlink(join(root, 'outer'), join(root, 'alias'))
    expect(await findOpenEntry(join(root, 'alias/bin/tool'))).toBeUndefined()
    await chmod(join(root, 'outer'), 0o777)
    expect(await findOpenEntry(join(root, 'alias/bin/tool'))).toMatchObject({ path: join(root, 'outer') })
  })

  test('to itself leads nowhere', async () => {
    await symlink('loop', join(root, 'loop'))
    expect(await findOpenEntry(join(root, 'loop'))).toBeUndefined()
  })
})

describe('a group', () => {
  const passwd = 'root:x:0:0:root:/root:/bin/sh\nanna:x:1000:1000::/home/anna:/bin/sh\nben:x:1001:100::/:/bin/sh\n'
  const inGroup = (line: string, gid: number) => isGroupOfOwn(gid, 1000, { passwd, group: `root:x:0:\n${line}\n` })

  test.each([
    ['the private one of the user', 'anna:x:1000:', 1000],
    ['the same with its only member written out', 'anna:x:1000:anna', 1000],
    ['an empty one, as staff is at first', 'staff:x:50:', 50],
    ['one of the user and root', 'ops:x:60:root,anna', 60],
    ['that of root', '', 0],
  ])('%s is of their own', (_, line, gid) => {
    expect(inGroup(line, gid)).toBe(true)
  })

  test.each([
    ['one with another member', 'staff:x:50:anna,ben', 50],
    ['one that is the first group of another user', 'users:x:100:', 100],
    ['one with a member nobody knows', 'staff:x:50:carla', 50],
    ['one that is not listed', '', 4000],
  ])('%s is not', (_, line, gid) => {
    expect(inGroup(line, gid)).toBe(false)
  })
})
