import { yamlScalar } from '../../../lib/yaml.ts'
import { commandsOf } from './commands.ts'
import { actions, expression, names, onBranch, prepared, steps, writeKubeconfig } from './github-parts.ts'
import { commentJob, planJob } from './github-plan.ts'
import {
  byDelivery,
  headComment,
  isAlone,
  type PipelineEnvironment,
  type PipelineSpec,
  planEnvironment,
} from './pipeline.ts'

/**
 * The workflow for GitHub Actions. Actions are pinned by commit; each was looked up as the commit of its tag. Steps that
 * several jobs have are written once, with anchors of YAML.
 *
 * Source: docs.github.com, workflow syntax, contexts, and secure use of `pull_request_target`.
 */
export function githubWorkflow(spec: PipelineSpec): string {
  const { manifests } = spec
  const { deployed, applied } = byDelivery(spec)
  return [
    head(spec),
    checkJob(spec),
    ...(manifests.length > 0 ? [auditJob(spec)] : []),
    planJob(spec),
    commentJob(spec),
    ...(deployed.length > 0 ? [deployJob(spec, deployed)] : []),
    ...(applied.length > 0 ? [waitJob(spec, applied)] : []),
  ].join('\n')
}

// --- internal ---

function head(spec: PipelineSpec): string {
  const { application, folder, branch } = spec
  return `${headComment(spec, 'github')}
name: ${isAlone(spec) ? 'secrets' : `secrets of ${application}`}

on:
  pull_request:
  push:
    branches: [${yamlScalar(branch)}]

# Each job is given what it needs.
permissions: {}

# A newer push to a pull request ends the run of the older one. What runs after a merge is never ended.
concurrency:
  group: secrets-${application}-${expression('github.event.pull_request.number || github.run_id')}
  cancel-in-progress: true

defaults:
  run:
    shell: bash${folder === '' ? '' : `\n    working-directory: ${yamlScalar(folder)}`}

jobs:`
}

function checkJob(spec: PipelineSpec): string {
  const { folder } = spec
  const lock = `'${folder === '' ? '' : `${folder}/`}package-lock.json'`
  return `  check:
    runs-on: ubuntu-24.04
    timeout-minutes: 30
    permissions:
      contents: read
    steps:
      - &checkout
        uses: ${actions.checkout}
        with:
          persist-credentials: false
      - &node
        uses: ${actions.node}
        with:
          node-version: 24
      # Helm and kubeconform are built from sources that the package pins, once for each version of it.
      - &go
        uses: ${actions.go}
        with:
          go-version: '1.26'
          cache: false
      - &tools
        uses: ${actions.cache}
        with:
          path: ~/.cache/tiered-secrets
          key: tiered-secrets-${expression('runner.os')}-${expression('runner.arch')}-${expression(`hashFiles(${lock})`)}
      - &install
        run: npm ci --ignore-scripts
      - run: ${yamlScalar(commandsOf(spec).check)}
`
}

function auditJob(spec: PipelineSpec): string {
  const { environments, application } = spec
  const audit = commandsOf(spec).audit('sarif')
  return `  audit:
    runs-on: ubuntu-24.04
    timeout-minutes: 30
    permissions:
      contents: read
      actions: read # asked for in private repositories
      security-events: write # for what it finds, under "Code scanning"
    strategy:
      fail-fast: false
      matrix:
        environment: ${names(environments)}
    env:
      SECRETS_ENVIRONMENT: ${expression('matrix.environment')}
    steps:
${steps('checkout', 'node', 'install')}
      - run: ${yamlScalar(`${audit} > "$RUNNER_TEMP/audit.sarif"`)}
      - uses: ${actions.sarif}
        if: ${expression('!cancelled()')}
        # A private repository needs GitHub Code Security for this. The log above has everything that was found.
        continue-on-error: true
        with:
          sarif_file: ${expression('runner.temp')}/audit.sarif
          category: tiered-secrets ${application} ${expression('matrix.environment')}
`
}

function deployJob(spec: PipelineSpec, deployed: readonly PipelineEnvironment[]): string {
  const { branch, application } = spec
  return `  # One environment after the other, in this order; each waits for the approval that it asks for.
  deploy:
    needs: [check, plan]
    if: github.event_name == 'push' && ${onBranch(branch)}
    runs-on: ubuntu-24.04
    timeout-minutes: 45
    permissions:
      contents: read
    strategy:
      max-parallel: 1
      matrix:
        environment: ${names(deployed)}
    environment: ${expression('matrix.environment')}
    concurrency:
      group: deploy-secrets-${application}-${expression('matrix.environment')}
      cancel-in-progress: false
    env:
      SECRETS_ENVIRONMENT: ${expression('matrix.environment')}
    steps:
${prepared}
${requiredKubeconfig()}
      - name: Deploy
        run: ${yamlScalar(commandsOf(spec).deploy)}
        env: *account
      # The gate once more by itself, for steps of yours in between.
      - name: Wait
        run: ${yamlScalar(commandsOf(spec).wait('10m'))}
      - *forget
`
}

function waitJob(spec: PipelineSpec, applied: readonly PipelineEnvironment[]): string {
  return `  # Something else applies the chart to these: this only tells whether the secrets have arrived.
  wait:
    needs: [check, plan]
    if: github.event_name == 'push' && ${onBranch(spec.branch)}
    runs-on: ubuntu-24.04
    timeout-minutes: 60
    permissions:
      contents: read
    strategy:
      fail-fast: false
      matrix:
        environment: ${names(applied)}
    environment:
      name: ${expression('matrix.environment')}${planEnvironment('')}
      deployment: false
    env:
      SECRETS_ENVIRONMENT: ${expression('matrix.environment')}
    steps:
${prepared}
${requiredKubeconfig(planEnvironment(''))}
      - name: Wait
        run: ${yamlScalar(commandsOf(spec).wait('30m'))}
      - *forget
`
}

function requiredKubeconfig(suffix = ''): string {
  return `      - name: Kubeconfig
        run: |
          if [ -z "$KUBECONFIG_TEXT" ]; then
            echo "::error::The environment $SECRETS_ENVIRONMENT${suffix} has no secret KUBECONFIG."
            exit 1
          fi
${writeKubeconfig}`
}
