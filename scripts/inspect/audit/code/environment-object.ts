import { type Found, type Names, requiredModule } from './modules.ts'
import { type Binding, bare, type Node, propertyName } from './syntax.ts'

/**
 * Whether an expression is the environment: `process.env`, `import.meta.env`, `Bun.env`, `Deno.env.toObject()`, a name for
 * one of them, or a parameter that is one when nothing else is given.
 */
export function isEnvironment(names: Names, found: Found, depth = 0): boolean {
  const node = bare(found.node)
  const at = (other: Node) => ({ file: found.file, node: other })
  const is = (other: Node) => depth < 12 && isEnvironment(names, at(other), depth + 1)
  switch (node.type) {
    case 'MemberExpression':
      return (
        (propertyName(node.property, node.computed) === 'env' && hasEnvironment(names, at(node.object))) ||
        // `import * as config from './env'`, then `config.env`.
        isExported(names, at(node), depth)
      )
    // `typeof process === 'undefined' ? {} : process.env`, `process.env ?? {}`
    case 'ConditionalExpression':
      return is(node.consequent) || is(node.alternate)
    case 'LogicalExpression':
      return is(node.left) || is(node.right)
    case 'AssignmentPattern':
      return is(node.right)
    // `{ ...process.env }`, a copy; with properties of its own beside it nobody knows whose one is read.
    case 'ObjectExpression':
      return (
        node.properties.length > 0 && node.properties.every((one) => one.type === 'SpreadElement' && is(one.argument))
      )
    case 'CallExpression':
      return isCallForEnvironment(names, at(node.callee)) || copiedBy(names, found.file, node).some(is)
    case 'Identifier':
      return standsForEnvironment(names, at(node), depth)
    default:
      return false
  }
}

// --- internal ---

const processModule = /^(?:node:)?process$/

function isGlobal(names: Names, { file, node }: Found, name: string): boolean {
  return node.type === 'Identifier' && node.name === name && !names.syntaxOf(file)?.lookUp(node, name)
}

/** `process`, `import.meta`, `Bun`: what has a property `env`. */
function hasEnvironment(names: Names, found: Found): boolean {
  const node = bare(found.node)
  const here = { file: found.file, node }
  if (node.type === 'MetaProperty') return node.meta.name === 'import' && node.property.name === 'meta'
  if (isGlobal(names, here, 'process') || isGlobal(names, here, 'Bun')) return true
  if (node.type === 'CallExpression') return processModule.test(requiredModule(node) ?? '')
  if (node.type === 'MemberExpression') {
    const isRoot = ['globalThis', 'global', 'window', 'self'].some((name) =>
      isGlobal(names, { file: found.file, node: bare(node.object) }, name),
    )
    return isRoot && propertyName(node.property, node.computed) === 'process'
  }
  const binding = names.bindingOf(here)
  return binding?.kind === 'import' && processModule.test(binding.from) && /^(?:\*|default)$/.test(binding.name)
}

function standsForEnvironment(names: Names, found: Found, depth: number): boolean {
  const binding = names.bindingOf(found)
  const at = (node: Node) => ({ file: found.file, node })
  switch (binding?.kind) {
    case 'variable':
      if (!binding.init) return false
      return binding.key === undefined
        ? depth < 12 && isEnvironment(names, at(binding.init), depth + 1)
        : binding.key === 'env' && hasEnvironment(names, at(binding.init))
    case 'parameter':
      return isEnvironmentParameter(names, binding, found.file, depth)
    case 'import': {
      if (processModule.test(binding.from)) return binding.name === 'env'
      const other = binding.name === '*' ? undefined : names.exported(found.file, binding.from, binding.name)
      return other !== undefined && depth < 12 && isEnvironment(names, other, depth + 1)
    }
    default:
      return false
  }
}

type CallExpression = Extract<Node, { type: 'CallExpression' }>

type Parameter = Extract<Binding, { kind: 'parameter' }>

/** `(source = process.env)`, `(source: NodeJS.ProcessEnv)`. */
function isEnvironmentParameter(names: Names, { node, key }: Parameter, file: string, depth: number): boolean {
  if (key !== undefined) return false
  if (node.type === 'AssignmentPattern') return depth < 12 && isEnvironment(names, { file, node }, depth + 1)
  const type = node.type === 'Identifier' ? node.typeAnnotation?.typeAnnotation : undefined
  if (type?.type !== 'TSTypeReference') return false
  const name = type.typeName.type === 'TSQualifiedName' ? type.typeName.right : type.typeName
  return name.type === 'Identifier' && name.name === 'ProcessEnv'
}

/** What `Object.assign({}, …)` copies into an object that is empty. */
function copiedBy(names: Names, file: string, { callee, arguments: given }: CallExpression): Node[] {
  const member = bare(callee)
  if (member.type !== 'MemberExpression' || propertyName(member.property, member.computed) !== 'assign') return []
  const [target, only, ...others] = given
  const isEmpty = target?.type === 'ObjectExpression' && target.properties.length === 0
  const isObject = isGlobal(names, { file, node: bare(member.object) }, 'Object')
  return isEmpty && isObject && only && others.length === 0 ? [only] : []
}

/** `Deno.env.toObject()`, Vite's `loadEnv(…)`. */
function isCallForEnvironment(names: Names, found: Found): boolean {
  const callee = bare(found.node)
  const here = { file: found.file, node: callee }
  if (callee.type === 'MemberExpression' && propertyName(callee.property, callee.computed) === 'toObject') {
    return isDenoEnvironment(names, { file: found.file, node: callee.object })
  }
  const binding = names.bindingOf(here)
  return binding?.kind === 'import' && binding.from === 'vite' && binding.name === 'loadEnv'
}

/** `Deno.env`, which is asked by `get`, and not an object of variables. */
export function isDenoEnvironment(names: Names, { file, node }: Found): boolean {
  const member = bare(node)
  if (member.type !== 'MemberExpression') return false
  return (
    propertyName(member.property, member.computed) === 'env' &&
    isGlobal(names, { file, node: bare(member.object) }, 'Deno')
  )
}

function isExported(names: Names, { file, node }: Found, depth: number): boolean {
  if (node.type !== 'MemberExpression') return false
  const binding = names.bindingOf({ file, node: bare(node.object) })
  const name = propertyName(node.property, node.computed)
  if (binding?.kind !== 'import' || binding.name !== '*' || name === undefined) return false
  const other = names.exported(file, binding.from, name)
  return other !== undefined && depth < 12 && isEnvironment(names, other, depth + 1)
}
