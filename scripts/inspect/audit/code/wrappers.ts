import { isDenoEnvironment, isEnvironment } from './environment-object.ts'
import type { Found, Names } from './modules.ts'
import { bare, isFunction, literalText, type Node, propertyName } from './syntax.ts'

/** A name of a variable that an expression asks the environment for: `process.env[name]`, `Deno.env.get(name)`. */
export interface Asked {
  /** The whole expression. */
  readonly node: Node
  readonly name: Node
}

/** What an expression asks the environment for by a name in brackets or as an argument, itself or through a function. */
export function askedBy(names: Names, { file, node }: Found): Asked | undefined {
  const at = (other: Node) => ({ file, node: other })
  if (node.type === 'MemberExpression' && node.computed && isEnvironment(names, at(node.object))) {
    return { node, name: node.property }
  }
  if (node.type !== 'CallExpression') return undefined
  const callee = bare(node.callee)
  if (callee.type === 'MemberExpression') {
    const method = propertyName(callee.property, callee.computed)
    const first = node.arguments[0]
    if ((method === 'get' || method === 'has') && first && isDenoEnvironment(names, at(callee.object))) {
      return { node, name: first }
    }
  }
  const index = wrapperIndex(names, at(callee))
  const name = index === undefined ? undefined : node.arguments[index]
  return name ? { node, name } : undefined
}

/**
 * Which parameter of a function is the name of a variable it reads: 0 of `(name) => process.env[name]`. Undefined: it
 * reads none by a parameter.
 */
export function wrapperIndex(names: Names, callee: Found, depth = 0): number | undefined {
  const { file, node } = calledFunction(names, callee)
  const syntax = isFunction(node) ? names.syntaxOf(file) : undefined
  if (!syntax || depth > 4) return undefined
  const known = cache.get(node)
  if (known !== undefined) return known ?? undefined
  cache.set(node, null)
  for (const inner of syntax.all) {
    if (inner.start < node.start || inner.end > node.end) continue
    const name = askedName(names, { file, node: inner }, depth)
    const binding = name ? names.bindingOf({ file, node: bare(name) }) : undefined
    if (binding?.kind === 'parameter' && binding.owner === node && binding.key === undefined) {
      cache.set(node, binding.index)
      return binding.index
    }
  }
  return undefined
}

/** The names a file gives to the environment and to functions that read a variable by a parameter, as others may use them. */
export function wrapperNames(names: Names, file: string): string[] {
  const syntax = names.syntaxOf(file)
  return (syntax?.all ?? []).flatMap((node) => {
    if (node.type === 'VariableDeclarator' && node.id.type === 'Identifier' && node.init) {
      if (isEnvironment(names, { file, node: node.init })) return [node.id.name]
    }
    if (!isFunction(node) || wrapperIndex(names, { file, node }) === undefined) return []
    const parent = syntax?.parentOf(node)
    const id = 'id' in node && node.id ? node.id : parent?.type === 'VariableDeclarator' ? parent.id : undefined
    const key = parent?.type === 'Property' ? propertyName(parent.key, parent.computed) : undefined
    return id && typeof id === 'object' && 'name' in id ? [id.name] : key === undefined ? [] : [key]
  })
}

/** Names that an expression can have: one of a literal, several of an element of a list of literals. */
export function knownNames(names: Names, found: Found): string[] | undefined {
  const { file, node } = names.valueOf(found)
  const literal = literalText(node)
  if (literal !== undefined) return [literal]
  if (node.type === 'ConditionalExpression') {
    const sides = [node.consequent, node.alternate].map((side) => knownNames(names, { file, node: side }))
    return sides.some((side) => side === undefined) ? undefined : sides.flatMap((side) => side ?? [])
  }
  const list = listOf(names, { file, node })
  const { node: values } = list ? names.valueOf(list) : {}
  if (values?.type !== 'ArrayExpression') return undefined
  const texts = values.elements.map((element) => (element ? literalText(element) : undefined))
  return texts.every((text) => text !== undefined) ? texts : undefined
}

// --- internal ---

/** Nodes belong to one reading, and so do these. */
const cache = new WeakMap<Node, number | null>()

function calledFunction(names: Names, callee: Found): Found {
  const node = bare(callee.node)
  if (node.type === 'MemberExpression') {
    // `config.need('X')` of `import * as config`, or of an object with functions.
    const key = propertyName(node.property, node.computed)
    const object = { file: callee.file, node: bare(node.object) }
    const binding = names.bindingOf(object)
    if (key === undefined) return callee
    if (binding?.kind === 'import' && binding.name === '*') {
      const other = names.exported(callee.file, binding.from, key)
      return other ? names.valueOf(other) : callee
    }
    const value = names.valueOf(object)
    if (value.node.type !== 'ObjectExpression') return callee
    for (const property of value.node.properties) {
      if (property.type === 'Property' && propertyName(property.key, property.computed) === key) {
        return names.valueOf({ file: value.file, node: property.value })
      }
    }
    return callee
  }
  return names.valueOf({ file: callee.file, node })
}

function askedName(names: Names, { file, node }: Found, depth: number): Node | undefined {
  if (node.type === 'CallExpression') {
    const index = wrapperIndex(names, { file, node: bare(node.callee) }, depth + 1)
    if (index !== undefined) return node.arguments[index]
  }
  return node.type === 'MemberExpression' || node.type === 'CallExpression'
    ? askedBy(names, { file, node })?.name
    : undefined
}

/** The list an element comes from: of `for (const name of list)`, or of the first parameter of `list.map((name) => …)`. */
function listOf(names: Names, { file, node }: Found): Found | undefined {
  const binding = names.bindingOf({ file, node })
  if (binding?.kind === 'element') return { file, node: binding.of }
  if (binding?.kind !== 'parameter' || binding.index !== 0 || binding.key !== undefined) return undefined
  const call = names.syntaxOf(file)?.parentOf(binding.owner)
  if (call?.type !== 'CallExpression' || call.arguments[0] !== binding.owner) return undefined
  const callee = bare(call.callee)
  const method = callee.type === 'MemberExpression' ? propertyName(callee.property, callee.computed) : undefined
  const isLoop = /^(?:forEach|map|filter|find|some|every|flatMap)$/.test(method ?? '')
  return isLoop && callee.type === 'MemberExpression' ? { file, node: callee.object } : undefined
}
