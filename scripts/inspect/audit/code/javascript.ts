import type { CodePlace, CodeRead, CodeReading, DynamicRead } from './code-read.ts'
import { isEnvironment } from './environment-object.ts'
import type { Found, Names } from './modules.ts'
import { schemaFields } from './schema.ts'
import { bare, literalText, type Node, propertyName, type Syntax } from './syntax.ts'
import { askedBy, knownNames, wrapperIndex } from './wrappers.ts'

/**
 * The variables that a JavaScript or TypeScript file reads from the environment: members, destructured names, schemas it
 * is checked by, and calls of functions that read one by its name, also of other files.
 */
export function readJavaScript(names: Names, file: string): CodeReading {
  const syntax = names.syntaxOf(file)
  if (!syntax) return { reads: [], dynamic: [] }
  const reads: CodeRead[] = []
  const dynamic: DynamicRead[] = []
  const read = (at: Found, name: string, how: CodeRead['how'], required?: boolean) =>
    reads.push({ name, how, ...placeOf(names, at), ...(required === undefined ? {} : { required }) })
  const isEnv = (node: Node) => isEnvironment(names, { file, node })

  for (const node of syntax.all) {
    const found = { file, node }
    if (node.type === 'MemberExpression' && !node.computed && isEnv(node.object)) {
      const name = propertyName(node.property, false)
      if (name !== undefined && !isMethod.test(name) && !isWritten(syntax, node)) {
        read({ file, node: node.property }, name, 'member', isOptional(syntax, node))
      }
      continue
    }
    const asked = node.type === 'MemberExpression' || node.type === 'CallExpression' ? askedBy(names, found) : undefined
    if (asked && !isWritten(syntax, node)) {
      const known = knownNames(names, { file, node: asked.name })
      const how = node.type === 'MemberExpression' ? 'member' : 'call'
      for (const name of known ?? []) read({ file, node: asked.name }, name, how, isOptional(syntax, node))
      if (!known && !isOwnParameter(names, { file, node: asked.name })) {
        dynamic.push({ ...placeOf(names, { file, node: asked.name }), expression: textOf(asked.name) })
      }
      continue
    }
    for (const pattern of patternsOf(node, isEnv)) {
      for (const property of pattern.properties) {
        if (property.type === 'RestElement') continue
        const name = propertyName(property.key, property.computed)
        const hasDefault = property.value.type === 'AssignmentPattern' ? false : undefined
        if (name !== undefined) read({ file, node: property.key }, name, 'destructured', hasDefault)
      }
    }
    if (node.type === 'BinaryExpression' && node.operator === 'in' && isEnv(node.right)) {
      for (const name of knownNames(names, { file, node: node.left }) ?? []) read(found, name, 'asked', false)
    }
    if (node.type === 'CallExpression') {
      for (const { name, required, found: at } of checkedBy(names, found)) read(at, name, 'schema', required)
      const hinted = asksConfiguration(node)
      if (hinted) read({ file, node: hinted.node }, hinted.name, 'hint')
    }
  }
  return { reads, dynamic }
}

// --- internal ---

const isMethod = /^(?:hasOwnProperty|toString|propertyIsEnumerable|valueOf|toObject|toJSON)$/

function placeOf(names: Names, { file, node }: Found): CodePlace {
  return { file, ...(names.syntaxOf(file)?.placeOf(node) ?? { line: 1, column: 1 }) }
}

/** The patterns that take names out of the environment: `const { A } = process.env`, `({ A } = process.env) => …`. */
function patternsOf(node: Node, isEnv: (node: Node) => boolean): Extract<Node, { type: 'ObjectPattern' }>[] {
  const [left, right] =
    node.type === 'VariableDeclarator'
      ? [node.id, node.init]
      : node.type === 'AssignmentPattern' || node.type === 'AssignmentExpression'
        ? [node.left, node.right]
        : []
  if (left?.type !== 'ObjectPattern' || !right) return []
  if (isEnv(right)) return [left]
  // `const { env: { A } } = process`
  return left.properties.flatMap((property) => {
    if (property.type === 'RestElement' || property.value.type !== 'ObjectPattern') return []
    const name = propertyName(property.key, property.computed)
    const isProcess = right.type === 'Identifier' && right.name === 'process'
    return name === 'env' && isProcess ? [property.value] : []
  })
}

/** It is set or removed, and not read. */
function isWritten(syntax: Syntax, node: Node): boolean {
  const parent = outer(syntax, node)
  if (parent?.type === 'AssignmentExpression') return parent.operator === '=' && bare(parent.left) === node
  return parent?.type === 'UnaryExpression' && parent.operator === 'delete'
}

/** False where something else is taken when it is missing, or something is only done when it is there. */
function isOptional(syntax: Syntax, node: Node): boolean | undefined {
  const parent = outer(syntax, node)
  if (parent?.type === 'LogicalExpression' && /^(?:\?\?|\|\|)$/.test(parent.operator)) {
    return bare(parent.left) === node ? false : undefined
  }
  if (parent?.type === 'AssignmentExpression' && /^(?:\?\?=|\|\|=)$/.test(parent.operator)) return false
  return isTested(parent, node) ? false : undefined
}

/** `if (A)`, `A ? 1 : 2`, `A && 1`, `A === 'true'`, `A?.b`. A comparison with nothing may guard a complaint. */
function isTested(parent: Node | undefined, node: Node): boolean {
  const isIt = (other: Node) => bare(other) === node
  switch (parent?.type) {
    case 'IfStatement':
    case 'ConditionalExpression':
      return isIt(parent.test)
    case 'LogicalExpression':
      return parent.operator === '&&' && isIt(parent.left)
    case 'BinaryExpression': {
      const other = isIt(parent.left) ? parent.right : parent.left
      const isNothing =
        (other.type === 'Identifier' && other.name === 'undefined') ||
        (other.type === 'Literal' && other.value === null)
      return /^[!=]==?$/.test(parent.operator) && !isNothing
    }
    case 'MemberExpression':
      return parent.optional && isIt(parent.object)
    default:
      return false
  }
}

/** What is around an expression, without what only the type checker sees. */
function outer(syntax: Syntax, node: Node): Node | undefined {
  let at = syntax.parentOf(node)
  while (at && bare(at) === node) at = syntax.parentOf(at)
  return at
}

/** Inside of a function that its callers give the name to: those are read. */
function isOwnParameter(names: Names, { file, node }: Found): boolean {
  const binding = names.bindingOf({ file, node: bare(node) })
  return binding?.kind === 'parameter' && wrapperIndex(names, { file, node: binding.owner }) === binding.index
}

function textOf(node: Node): string {
  const name = bare(node)
  if (name.type === 'Identifier') return name.name
  return name.type === 'MemberExpression' && name.object.type === 'Identifier'
    ? `${name.object.name}.${propertyName(name.property, name.computed) ?? '…'}`
    : 'an expression'
}

/** The fields of the schema that a call checks the environment by: `schema.parse(process.env)`, `cleanEnv(process.env, …)`. */
function checkedBy(names: Names, { file, node }: Found) {
  if (node.type !== 'CallExpression') return []
  const isEnv = (other: Node) => isEnvironment(names, { file, node: other })
  const checks =
    node.arguments.some((argument) => argument.type !== 'SpreadElement' && takesEnvironment(argument, isEnv)) ||
    isChecker(names, { file, node: bare(node.callee) })
  if (!checks) return []
  // `type({ … })(process.env)` of ArkType calls the schema itself.
  const receiver = node.callee.type === 'MemberExpression' ? node.callee.object : node.callee
  const others = node.arguments.filter((argument) => argument.type !== 'SpreadElement' && !isEnv(argument))
  // The fields of an object that is given with the environment: `createEnv({ server: { A: z.string() }, runtimeEnv })`.
  const seen = new Set<string>()
  return [receiver, ...others]
    .flatMap((part) => schemaFields(names, { file, node: part }))
    .filter(({ name }) => !seen.has(name) && seen.add(name))
}

/** `config.get('A')`, `this.configService.getOrThrow<string>('A')`: how NestJS and others are asked for a variable. */
function asksConfiguration(node: Node) {
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return undefined
  const { object, property, computed } = node.callee
  const receiver = bare(object)
  const called = receiver.type === 'MemberExpression' ? propertyName(receiver.property, receiver.computed) : undefined
  const of = receiver.type === 'Identifier' ? receiver.name : called
  const [argument] = node.arguments
  const name = argument ? literalText(argument) : undefined
  const asks = /config/i.test(of ?? '') && /^(?:get|getOrThrow|require)$/.test(propertyName(property, computed) ?? '')
  return asks && argument && name !== undefined && /^[A-Z][A-Z0-9_]*$/.test(name) ? { name, node: argument } : undefined
}

/** A function of t3-env or envalid, which is given each variable by itself too: `runtimeEnv: { A: process.env.A }`. */
function isChecker(names: Names, callee: Found): boolean {
  const binding = names.bindingOf(callee)
  return binding?.kind === 'import' && /^(?:@t3-oss\/env-\w+|envalid|znv)$/.test(binding.from)
}

/** It is the environment, or an object with a property that is; not the `env` of another process, nor a copy of it. */
function takesEnvironment(argument: Node, isEnv: (node: Node) => boolean): boolean {
  if (argument.type === 'ObjectExpression') {
    return argument.properties.some(
      (property) =>
        property.type === 'Property' &&
        propertyName(property.key, property.computed) !== 'env' &&
        /env|source/i.test(propertyName(property.key, property.computed) ?? '') &&
        isEnv(property.value),
    )
  }
  return isEnv(argument)
}
