import { commandLine } from '../../lib/command-line.ts'
import { shortList } from '../../lib/short-list.ts'
import { placeOf } from '../../model/remote-secret.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import { entryName, type SharedValue, sharedValues } from '../../model/shared-values.ts'
import type { SecretSpec } from '../../model/types.ts'
import type { FolderState, RemoteState } from '../survey/remote-secrets.ts'
import { type Finding, finding } from './status-finding.ts'

/** Values that are one by the catalogue and several in Scaleway. Pure. */
export function sharedFindings(
  { environment }: Pick<EnvironmentModel, 'environment'>,
  folders: readonly FolderState[],
): Finding[] {
  const views = new Map(
    folders.flatMap(({ remotes }) => remotes.flatMap((view) => view.remote.specs.map((spec) => [spec, view] as const))),
  )
  return sharedValues([...views.keys()]).flatMap((value) => {
    const held = value.specs.map((spec): Held => ({ spec, view: views.get(spec), ...holds(spec, views.get(spec)) }))
    const there = held.filter(({ digest }) => digest !== undefined)
    const absent = held.filter(({ isAbsent }) => isAbsent)
    const different = new Set(there.map(({ digest }) => digest)).size
    if (different === 0 || (different === 1 && absent.length === 0)) return []
    return finding({
      code: 'SHARED_VALUES_DIFFER',
      where: held.flatMap(({ view }) => (view ? [placeOf(view.remote)] : [])).join(', '),
      message: `${factOf(there, absent, different)}. Expected one value in all of them.`,
      fix: fixOf(environment, value, there, different),
      specs: value.specs,
    })
  })
}

// --- internal ---

interface Held {
  readonly spec: SecretSpec
  readonly view: RemoteState | undefined
  /** Undefined: there is no value, or it could not be read. */
  readonly digest?: string
  readonly isAbsent: boolean
}

function holds(spec: SecretSpec, view: RemoteState | undefined): Pick<Held, 'digest' | 'isAbsent'> {
  const digest = view?.digests?.get(spec)
  if (digest !== undefined) return { digest, isAbsent: false }
  return { isAbsent: !view?.version || view.digests !== undefined }
}

const names = (held: readonly Held[]) => held.map(({ spec }) => entryName(spec))

function factOf(there: readonly Held[], absent: readonly Held[], different: number): string {
  const facts = [
    different > 1
      ? `${shortList(names(there))} hold ${different} different values`
      : `${shortList(names(there))} ${there.length === 1 ? 'holds' : 'hold'} a value`,
    ...(absent.length > 0 ? [`${shortList(names(absent))} ${absent.length === 1 ? 'holds' : 'hold'} none`] : []),
  ]
  return facts.join(', and ')
}

/** The value that is right need not be known to anybody for it to be given to the others. */
function fixOf(environment: string, { origin, specs }: SharedValue, there: readonly Held[], different: number): string {
  const isLost = different > 1 && specs.some(({ irreplaceable }) => irreplaceable !== undefined)
  const commands = names(different > 1 ? there : there.slice(0, 1)).map((name) => {
    const command = commandLine`fill --environment ${environment} --only ${name} --share ${name}`
    return `\`${command}${isLost ? ` --replace-irreplaceable ${origin}` : ''}\``
  })
  const begun = `If a rotation of it was begun, finish it: \`${commandLine`rotate --environment ${environment} ${origin}`}\`.`
  if (different === 1) return `${begun} Else give its value to the others: ${commands.join('')}`
  const lost = isLost ? ', with which one the data can be read' : ''
  return `${begun} Else find out which value is right${lost}, and give it to the others: ${commands.join(' or ')}`
}
