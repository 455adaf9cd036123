import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { tryRun } from '../../lib/exec.ts'
import { type Problem, ProblemError } from '../../lib/problems.ts'
import { findPrograms } from '../../lib/programs.ts'
import { shell } from '../../lib/shell.ts'
import { findPresent, findTool, type ToolchainIo } from '../../local/toolchain/find.ts'
import type { FoundFile } from './found-object.ts'
import { type Kustomization, kustomizationNames, readKustomization, remoteParts, resourcesOf } from './kustomization.ts'
import { complaintOf } from './kustomize-complaint.ts'
import { refusal } from './refusal.ts'

/** What rendering needs from the outside world. */
export type KustomizeIo = ToolchainIo

/** The beginning of a command line that a folder completes, or why there is none. */
export type Renderer = { readonly program: readonly string[] } | { readonly problem: Problem }

/**
 * `kustomize build` or `kubectl kustomize`, whichever is there and can be replaced by nobody else; without both, kustomize is built.
 */
export async function findKustomize(io: KustomizeIo): Promise<Renderer> {
  const present = await findPresent('kustomize', io)
  if (present) return { program: [present.path, 'build'] }
  const [kubectl] = (await findPrograms(['kubectl'], io.env.PATH)).usable
  if (kubectl !== undefined) return { program: [kubectl, 'kustomize'] }
  try {
    return { program: [(await findTool('kustomize', io)).path, 'build'] }
  } catch (error) {
    const [problem] = error instanceof ProblemError ? error.problems : []
    if (!problem) throw error
    return { problem }
  }
}

/** Of folders with a kustomization those that no other one is made of. A component is always a part of something. */
export async function rootFolders(folders: readonly string[]): Promise<string[]> {
  const read = await Promise.all(
    folders.map(async (folder): Promise<Omit<Kustomization, 'file'>> => {
      return (await readKustomization(folder)) ?? { folder, says: {} }
    }),
  )
  const parts = new Set(read.flatMap(({ folder, says }) => resourcesOf(says).map((part) => resolve(folder, part))))
  return read
    .filter(({ folder, says }) => !parts.has(resolve(folder)) && says.kind !== 'Component')
    .map((one) => one.folder)
}

/**
 * What a folder renders to, or why it does not. Nothing is fetched, no program of the folder is run, and no file outside of it
 * and of the folders it is made of is read: kustomize itself refuses the last two.
 */
export async function renderFolder(
  folder: string,
  where: string,
  find: () => Promise<Renderer>,
  { signal }: Pick<KustomizeIo, 'signal'>,
): Promise<FoundFile | Problem> {
  for (const name of kustomizationNames) {
    const stats = await stat(join(folder, name)).catch(() => undefined)
    // A pipe would keep it waiting for the other end.
    if (stats && !stats.isFile())
      return refusal('KUSTOMIZE_FAILED', where, `is not read: its ${name} is not a file`, 'a file', 'Correct it.')
  }
  const remote = await remoteParts(folder)
  if (remote.length > 0) {
    const fact = `is not read: it takes ${remote.join(' and ')} from elsewhere, and nothing is fetched`
    const fix = 'Render it where that may be fetched, and name the file with the result.'
    return refusal('KUSTOMIZE_REMOTE', where, fact, 'parts that are on this machine', fix)
  }
  const renderer = await find()
  if ('problem' in renderer) {
    const { message, fix } = renderer.problem
    const [fact = '', expected = 'kustomize on PATH'] = message.replace(/\.$/, '').split('. Expected ')
    return refusal('KUSTOMIZE_MISSING', where, `is not read: ${fact}`, `${expected}, or kubectl on PATH`, fix)
  }
  const [file = '', ...args] = renderer.program
  const result = await tryRun(file, [...args, folder], { env: unconnected, onlyEnv: true, signal, timeoutMs: 60_000 })
  signal.throwIfAborted()
  if (result.exitCode === 0) return { path: where, text: result.stdout }
  const fact = result.wasLate ? 'is not read: it does not render within 60 s' : 'is not read: it does not render'
  const command = shell`${basename(file)} ${args[0] ?? ''} ${where}`
  const fix = `Run \`${command}\`, correct what it complains about, then run the same command again.`
  return {
    ...refusal('KUSTOMIZE_FAILED', where, fact, 'a folder that renders', fix),
    lastLines: complaintOf(result.stderr),
  }
}

/**
 * What a folder that does not render is made of, as far as it renders by itself. A part that does not is told with the whole.
 *
 * @param folders those that may be rendered
 */
export async function renderParts(
  failed: string,
  folders: readonly string[],
  render: (folder: string) => Promise<FoundFile | Problem>,
): Promise<FoundFile[]> {
  const rendered: FoundFile[] = []
  const tried = new Set([failed])
  const unrendered = [failed]
  for (const whole of unrendered) {
    const says = (await readKustomization(whole))?.says ?? {}
    for (const part of resourcesOf(says, ['resources', 'bases']).map((path) => resolve(whole, path))) {
      if (tried.has(part) || !folders.includes(part)) continue
      tried.add(part)
      const result = await render(part)
      if ('text' in result) rendered.push(result)
      else unrendered.push(part)
    }
  }
  return rendered
}

// --- internal ---

/** Neither git nor a server is reached, whatever a file names that was not looked into. */
const unconnected = {
  PATH: '',
  HTTP_PROXY: 'http://127.0.0.1:1',
  HTTPS_PROXY: 'http://127.0.0.1:1',
}
