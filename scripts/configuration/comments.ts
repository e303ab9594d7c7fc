// The comments of TypeScript's types, for fields of schemas.
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** The types that a value may have: the members of a union, none of them undefined or null. */
export type Types = readonly ts.Type[]

/** Comments of the types of a program. */
export interface Comments {
  /** The types of an exported interface or alias. */
  typesOf(name: string): Types
  /** What the comment of a property says; empty if it has none. */
  commentOf(types: Types, key: string): string
  /** The types of a property. */
  propertyOf(types: Types, key: string): Types
  /** The types of the entries of a list, or of a record with any names. */
  entriesOf(types: Types): Types
  /** Those that a `name` is of. */
  named(types: Types, name: string): Types
  /** Those that have all of some properties; those that have one, if none has all. */
  withKeys(types: Types, keys: readonly string[]): Types
}

/** The comments of what a module exports. */
export function commentsOf(file: string): Comments {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const { config } = ts.readConfigFile(`${root}tsconfig.base.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const program = ts.createProgram([file], { ...options, noEmit: true, skipLibCheck: true })
  const checker = program.getTypeChecker()
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!
  const exported = new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, symbol]))
  const flat = (type: ts.Type): ts.Type[] => {
    if (type.isUnion()) return type.types.flatMap(flat)
    return type.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null) ? [] : [type]
  }
  const isObject = (type: ts.Type) => (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0
  const isList = (type: ts.Type) => checker.isArrayType(type) || checker.isTupleType(type)
  const properties = (types: Types, key: string) =>
    types.filter(isObject).flatMap((type) => checker.getPropertyOfType(type, key) ?? [])
  const typeOf = (symbol: ts.Symbol) => flat(checker.getTypeOfSymbol(symbol))
  return {
    typesOf: (name) => flat(checker.getDeclaredTypeOfSymbol(exported.get(name)!)),
    commentOf(types, key) {
      const texts = properties(types, key).map((symbol) =>
        ts.displayPartsToString(symbol.getDocumentationComment(checker)).replaceAll(/\s+/g, ' ').trim(),
      )
      return texts.find((text) => text !== '') ?? ''
    },
    propertyOf: (types, key) => properties(types, key).flatMap(typeOf),
    entriesOf: (types) =>
      types.flatMap((type) => {
        if (checker.isTupleType(type)) return checker.getTypeArguments(type as ts.TypeReference).flatMap(flat)
        const kind = isList(type) ? ts.IndexKind.Number : ts.IndexKind.String
        const entry = isObject(type) ? checker.getIndexTypeOfType(type, kind) : undefined
        return entry ? flat(entry) : []
      }),
    named: (types, name) =>
      types.filter((type) =>
        properties([type], 'name')
          .flatMap(typeOf)
          .some((each) => each.isStringLiteral() && each.value === name),
      ),
    withKeys(types, keys) {
      const records = types.filter((type) => isObject(type) && !isList(type))
      const all = records.filter((type) => keys.every((key) => checker.getPropertyOfType(type, key)))
      return all.length > 0 ? all : records
    },
  }
}
