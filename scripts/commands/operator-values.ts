import { loadApplication } from '../application.ts'
import { operatorValuesText } from '../emit/operator-values.ts'
import { defineCommand } from '../lib/command.ts'
import { exitCodes, isError, ProblemError } from '../lib/problems.ts'
import { installedOperator } from '../model/operator-version.ts'
import { resolveAll } from '../model/resolve.ts'
import { checkApplication } from '../model/rules/index.ts'

export const command = defineCommand<object>({
  name: 'operator-values',
  summary: "Prints the Helm values of the operator's own chart, each line with its reason.",
  example: 'npm run --silent operator-values > operator-values.yaml',
  options: [],
  async run(_, io) {
    const application = await loadApplication()
    const problems = checkApplication(application).filter(isError)
    if (problems.length > 0) throw new ProblemError(problems)
    io.out(operatorValuesText(resolveAll(application), installedOperator))
    return exitCodes.ok
  },
})
