import ts from 'typescript'

/**
 * The places where an object literal is spread into another, `{ ...{ a, b } }`: TypeScript then checks no names, so that a
 * misspelt property compiles. Write its properties themselves.
 * @returns `path:line` of each.
 */
export function spreadLiterals(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isSpreadAssignment(node) && ts.isObjectLiteralExpression(bare(node.expression)))
      found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

/** An expression without parentheses and assertions of types. */
function bare(expression: ts.Expression): ts.Expression {
  if (ts.isParenthesizedExpression(expression) || ts.isAsExpression(expression) || ts.isSatisfiesExpression(expression))
    return bare(expression.expression)
  return expression
}
