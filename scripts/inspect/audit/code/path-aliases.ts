import { dirname, join } from 'node:path'
import type { PathAlias } from './modules.ts'
import { bare, literalText, type Node, parse, propertyName } from './syntax.ts'

/**
 * What imports mean that are not relative paths: `paths` and `baseUrl` of each `tsconfig.json`, and the packages of the same
 * repository by the names in their `package.json`.
 *
 * @param texts the text of each file, by its path
 */
export function aliasesOf(texts: ReadonlyMap<string, string>): PathAlias[] {
  const aliases = [...texts].flatMap(([file, text]) => {
    const folder = dirname(file)
    if (/[jt]sconfig\.json$/.test(file)) return pathsIn(folder, text)
    return file.endsWith('package.json') ? packageIn(folder, text) : []
  })
  return aliases.sort((a, b) => b.prefix.length - a.prefix.length)
}

// --- internal ---

function pathsIn(folder: string, text: string): PathAlias[] {
  const options = fields(jsonOf(text)).get('compilerOptions')
  const paths = fields(options).get('paths')
  const base = fields(options).get('baseUrl')
  const root = join(folder, (base && literalText(base)) ?? '.')
  return [...fields(paths)].flatMap(([pattern, targets]) => {
    if (targets.type !== 'ArrayExpression') return []
    return targets.elements.flatMap((element) => {
      const target = element ? literalText(element) : undefined
      if (target === undefined) return []
      return [{ prefix: pattern.replace(/\*$/, ''), folder: join(root, target.replace(/\*$/, '')), within: folder }]
    })
  })
}

function packageIn(folder: string, text: string): PathAlias[] {
  const written = fields(jsonOf(text)).get('name')
  const name = written ? literalText(written) : undefined
  return name === undefined ? [] : [join(folder, 'src'), folder].map((at) => ({ prefix: name, folder: at }))
}

/** A settings file, which may have comments and trailing commas, as an expression. */
function jsonOf(text: string): Node | undefined {
  const { program } = parse('settings.ts', `(${text}\n)`)
  const [statement] = program.type === 'Program' ? program.body : []
  return statement?.type === 'ExpressionStatement' ? bare(statement.expression) : undefined
}

function fields(node: Node | undefined): Map<string, Node> {
  if (node?.type !== 'ObjectExpression') return new Map()
  return new Map(
    node.properties.flatMap((property) => {
      const name = property.type === 'Property' ? propertyName(property.key, property.computed) : undefined
      return name === undefined || property.type !== 'Property' ? [] : [[name, property.value] as const]
    }),
  )
}
