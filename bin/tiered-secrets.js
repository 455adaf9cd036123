#!/usr/bin/env node
// Written so that a Node of any age can read it and say what is wrong.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`node: is version ${process.versions.node}. Expected 20.19 or later.`)
  console.error('  fix: Install a newer Node.js.')
  console.error('  (NODE_TOO_OLD)')
  process.exitCode = 5
} else {
  import('../dist/package/scripts/cli.js')
}
