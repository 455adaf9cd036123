import { specsOf } from '../../../model/resolve.ts'
import { at, type FoundObject, listAt, recordAt, textAt } from '../../inputs/found-object.ts'
import { about, type Finding } from '../finding.ts'
import type { FoundNamespace, World } from '../world/world.ts'
import { isSecretName, type Judged, judgeLines, judgeText } from './secret-text.ts'

/** Secrets, and placeholders for them, that stand in manifests where everybody reads them. */
export function literals(world: World): Finding[] {
  return world.namespaces.flatMap((namespace) => {
    const catalogued = cataloguedIn(world, namespace)
    return [
      ...namespace.objects.flatMap((object) => ofConfigMap(object, catalogued)),
      ...namespace.pods.flatMap(({ object, spec }) =>
        ['initContainers', 'containers'].flatMap((field) =>
          listAt(spec, field).flatMap((container) => ofContainer(object, container, catalogued)),
        ),
      ),
      ...namespace.objects.flatMap(ofSecret),
    ]
  })
}

// --- internal ---

function cataloguedIn({ model }: World, { tier }: FoundNamespace): ReadonlySet<string> {
  const tiers = tier ? [tier] : model.tiers
  return new Set(
    tiers
      .flatMap(({ externalSecrets }) => externalSecrets)
      .flatMap(specsOf)
      .map(({ variable }) => variable),
  )
}

interface Literal {
  readonly name: string
  readonly text: string
  /** `data.TOKEN` */
  readonly path: string
  /** Completes "is …" after the path. */
  readonly where: string
}

function ofConfigMap(object: FoundObject, catalogued: ReadonlySet<string>): Finding[] {
  if (object.kind !== 'ConfigMap') return []
  return Object.entries(recordAt(object.raw, 'data')).flatMap(([name, value]) => {
    const [text, path, where] = [String(value ?? ''), `data.${name}`, 'in a ConfigMap']
    if (!text.trim().includes('\n')) return judge(object, { name, text, path, where }, catalogued)
    return judgeLines(text).map((line) =>
      told(object, [path, line.name].join(' ').trim(), where, line.judged, otherFix),
    )
  })
}

function ofContainer(object: FoundObject, container: unknown, catalogued: ReadonlySet<string>): Finding[] {
  const own = textAt(container, 'name') ?? ''
  const env = listAt(container, 'env').flatMap((variable) => {
    const [name, text] = [textAt(variable, 'name'), textAt(variable, 'value')]
    if (name === undefined || text === undefined) return []
    return judge(object, { name, text, path: `${own} env ${name}`, where: 'in a pod template' }, catalogued)
  })
  const args = ['command', 'args'].flatMap((field) => {
    const list = at(container, field)
    const texts = Array.isArray(list) ? list.filter((one) => typeof one === 'string') : []
    return texts.flatMap((text, index) => ofArgument(object, text, texts[index - 1], `${own} ${field}[${index}]`))
  })
  return [...env, ...args]
}

/** `--password=x`, `--password x`, or anything that only a secret looks like. */
function ofArgument(object: FoundObject, text: string, before: string | undefined, path: string): Finding[] {
  const [, option, value] = /^--?([A-Za-z][\w.-]*)=(.+)$/s.exec(text) ?? []
  const named =
    before !== undefined && /^--[A-Za-z][\w-]*$/.test(before) && !text.startsWith('-') ? before.slice(2) : ''
  const literal = { name: option ?? named, text: value ?? text, path, where: 'in the arguments of a container' }
  return judge(object, literal, new Set())
}

const otherFix = 'Give it an entry in scripts/catalogue.ts, and read it from the Secret of its tier.'

function judge(object: FoundObject, { name, text, path, where }: Literal, catalogued: ReadonlySet<string>): Finding[] {
  const isCatalogued = catalogued.has(name)
  const judged = judgeText(name, text, isCatalogued)
  if (!judged) return []
  const fix = isCatalogued ? `Take it out: the catalogue has ${name}, and its Secret delivers it.` : otherFix
  if (judged.isPlaceholder) {
    const fact = `${path} is ${judged.what}, ${where}`
    return [about(object, 'PLACEHOLDER_LITERAL', { key: path, fact, expected: 'the value to come from a Secret', fix })]
  }
  return [told(object, path, where, judged, fix)]
}

function told(object: FoundObject, path: string, where: string, { what }: Judged, fix: string): Finding {
  return about(object, 'SECRET_LITERAL', {
    key: path,
    // Its name alone is a guess.
    severity: what === 'a secret by its name' ? 'warning' : 'error',
    fact: `${path} is ${what}, in the clear ${where}`,
    expected: 'secrets in Scaleway alone',
    fix: `${fix} Whoever has read it knows it: rotate it.`,
  })
}

function ofSecret(object: FoundObject): Finding[] {
  const type = textAt(object.raw, 'type') ?? 'Opaque'
  if (object.kind !== 'Secret' || /^(helm\.sh|kubernetes\.io\/service-account-token)/.test(type)) return []
  const plain = Object.entries(recordAt(object.raw, 'stringData')).map(
    ([key, text]) => [key, String(text ?? '')] as const,
  )
  const coded = Object.entries(recordAt(object.raw, 'data')).map(([key, text]) => [key, decoded(text)] as const)
  const filled = [...plain, ...coded].filter(([, text]) => text.trim() !== '' && !/\$\{|\{\{|^ENC\[/.test(text))
  if (filled.length === 0) return []
  const placeholders = filled.filter(
    ([key, text]) => judgeText(isSecretName(key) ? key : 'secret', text)?.isPlaceholder ?? false,
  )
  const isAll = placeholders.length === filled.length
  const names = filled.map(([key]) => key).sort()
  return [
    about(object, isAll ? 'PLACEHOLDER_LITERAL' : 'SECRET_IN_MANIFEST', {
      key: names.join(' '),
      fact: isAll
        ? `the values of ${names.join(', ')} are placeholders, which an \`apply\` writes over the real ones`
        : `the manifest has the values of ${names.join(', ')}, in base64 or in the clear`,
      expected: 'Secrets that an operator writes',
      fix: isAll
        ? 'Take the manifest out: the Secret of the tier has the values.'
        : 'Give each key an entry in scripts/catalogue.ts, take the manifest out, and rotate the values.',
    }),
  ]
}

function decoded(text: unknown): string {
  return typeof text === 'string' ? Buffer.from(text, 'base64').toString('utf8') : ''
}
