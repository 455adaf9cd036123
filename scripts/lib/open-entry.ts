import type { Stats } from 'node:fs'
import { lstat, readFile, readlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/** The part of a path that somebody else may change. */
export interface OpenEntry {
  /** Absolute, and without links: a folder, a link or the file itself. */
  readonly path: string
  /** Completes a sentence that starts with the path. */
  readonly fact: string
  /** The fix: a whole sentence without its full stop. */
  readonly fix: string
}

/**
 * The first part of a path through which a user other than this one and root could put something
 * else in place of the file or folder; undefined when there is none. Links are followed, and each folder on the way counts. In a
 * folder like /tmp, where only the owner of an entry may replace it (the sticky bit), the folders in it may be used and
 * the files in it may not, because anybody may have put them there first. What does not exist is safe.
 *
 * @param path of a file or a folder
 */
export async function findOpenEntry(path: string): Promise<OpenEntry | undefined> {
  const uid = process.geteuid?.()
  if (uid === undefined) return undefined
  let entry = '/'
  let stickyAbove: OpenEntry | undefined
  const rest = namesOf(resolve(path))
  for (let links = 0; ; ) {
    const stats = await lstat(entry).catch(() => undefined)
    if (!stats) return undefined
    if (stickyAbove && !stats.isDirectory()) return stickyAbove
    const open = await openness(entry, stats, uid)
    const isSticky = stats.isDirectory() && (stats.mode & 0o1000) !== 0 && rest.length > 0 && isOwn(stats, uid)
    if (open && !isSticky) return open
    stickyAbove = open
    if (stats.isSymbolicLink()) {
      if (++links > maxLinks) return undefined
      const target = await readlink(entry)
      rest.unshift(...namesOf(target))
      entry = target.startsWith('/') ? '/' : dirname(entry)
    }
    const next = rest.shift()
    if (next === undefined) return undefined
    entry = next === '..' ? dirname(entry) : join(entry, next)
  }
}

/**
 * Whether everybody in a group is this user or root, according to /etc/passwd and /etc/group: true of the private group
 * that most systems give each user, and of Debian's `staff` as long as it is empty.
 *
 * @param accounts the texts of the two files
 */
export function isGroupOfOwn(gid: number, uid: number, accounts: { passwd: string; group: string }): boolean {
  const users = accounts.passwd.split('\n').map((line) => line.split(':'))
  const group = accounts.group.split('\n').map((line) => line.split(':'))
  const found = group.find(([, , id]) => id === String(gid))
  if (!found) return false
  const own = [String(uid), '0']
  const named = (found[3] ?? '').split(',').filter((name) => name !== '')
  const ids = named.map((member) => users.find(([name]) => name === member)?.[2])
  const primary = users.filter(([, , , id]) => id === String(gid)).map(([, , id]) => id)
  return [...ids, ...primary].every((id) => id !== undefined && own.includes(id))
}

// --- internal ---

/** As many as Linux follows. */
const maxLinks = 40

/** On macOS, whoever is in `admin` may become root, and Homebrew's folders are writable for it. */
const macAdmin = 80

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}

function isOwn({ uid }: Stats, own: number): boolean {
  return uid === own || uid === 0
}

async function openness(path: string, stats: Stats, uid: number): Promise<OpenEntry | undefined> {
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0')
  if (!isOwn(stats, uid)) {
    return {
      path,
      fact: `belongs to another user (uid ${stats.uid})`,
      fix: 'Move what you need to a folder where only you and root may write',
    }
  }
  // The mode of a link has no meaning.
  if (stats.isSymbolicLink()) return undefined
  const isOpenToAll = (stats.mode & 0o002) !== 0
  if (!isOpenToAll && ((stats.mode & 0o020) === 0 || (await isClosedGroup(stats.gid, uid)))) return undefined
  const who = isOpenToAll ? 'every user' : `everybody in the group ${stats.gid}`
  return { path, fact: `has mode ${mode}: ${who} may write there`, fix: `Run \`chmod go-w '${path}'\`` }
}

async function isClosedGroup(gid: number, uid: number): Promise<boolean> {
  // macOS keeps its accounts elsewhere than in these files.
  if (process.platform === 'darwin') return gid === 0 || gid === macAdmin
  const [passwd, group] = await Promise.all(['passwd', 'group'].map((name) => readFile(`/etc/${name}`, 'utf8'))).catch(
    () => ['', ''],
  )
  return isGroupOfOwn(gid, uid, { passwd: passwd ?? '', group: group ?? '' })
}
