/** The names that a script reads from the global scope, found in its text. */
import { parseAst } from 'vitest/node';

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface FreeName {
  readonly name: string;
  /** How many functions the place is inside of. */
  readonly depth: number;
}

class Scope {
  readonly names = new Set<string>();
  constructor(
    readonly parent: Scope | undefined,
    readonly isFunction: boolean,
  ) {}

  has(name: string): boolean {
    return this.names.has(name) || (this.parent?.has(name) ?? false);
  }

  /** Where `var` puts its names. */
  get function(): Scope {
    return this.isFunction || !this.parent ? this : this.parent.function;
  }
}

export function freeNames(script: string): FreeName[] {
  const found: FreeName[] = [];
  // In a script as in a module nothing else changes which names are bound.
  visit(parseAst(script) as unknown as Node, new Scope(undefined, true), 0, found);
  return found;
}

const isNode = (value: unknown): value is Node => typeof (value as Node | null)?.type === 'string';
const nodesIn = (value: unknown): Node[] => [value].flat().filter(isNode);
const isFunction = (node: Node) => /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
const isClass = (node: Node) => /^Class(Declaration|Expression)$/.test(node.type);
const childrenOf = (node: Node) => Object.values(node).flatMap(nodesIn);

function visit(node: Node, scope: Scope, depth: number, found: FreeName[]): void {
  const each = (nodes: readonly Node[], inside = scope, at = depth) => {
    for (const child of nodes) visit(child, inside, at, found);
  };
  if (isFunction(node)) {
    const inside = new Scope(scope, true);
    if (node.type !== 'ArrowFunctionExpression') inside.names.add('arguments');
    if (node.type === 'FunctionExpression') declare(node.id, inside);
    for (const parameter of nodesIn(node.params)) declare(parameter, inside);
    const body = node.body as Node;
    hoist(body, inside);
    each(
      [...nodesIn(node.params), ...(body.type === 'BlockStatement' ? nodesIn(body.body) : [body])],
      inside,
      depth + 1,
    );
    return;
  }
  if (isClass(node)) {
    const inside = new Scope(scope, false);
    declare(node.id, inside);
    each([...nodesIn(node.superClass), ...nodesIn(node.body)], inside);
    return;
  }
  switch (node.type) {
    case 'Identifier':
      if (!scope.has(node.name as string)) found.push({ name: node.name as string, depth });
      return;
    case 'Program':
      hoist(node, scope);
      each(nodesIn(node.body));
      return;
    case 'BlockStatement':
    case 'StaticBlock':
    case 'ForStatement':
    case 'ForInStatement':
    case 'ForOfStatement':
    case 'SwitchStatement':
    case 'CatchClause': {
      const inside = new Scope(scope, node.type === 'StaticBlock');
      if (node.type === 'CatchClause') declare(node.param, inside);
      hoist(node, inside);
      each(childrenOf(node), inside);
      return;
    }
    case 'MemberExpression':
      each([...nodesIn(node.object), ...(node.computed ? nodesIn(node.property) : [])]);
      return;
    case 'Property':
    case 'MethodDefinition':
    case 'PropertyDefinition':
      each(node.computed ? nodesIn(node.key) : []);
      // A field's value is computed when an object is made, as a function's body is run when it is called.
      each(nodesIn(node.value), scope, depth + (node.type === 'PropertyDefinition' && !node.static ? 1 : 0));
      return;
    case 'LabeledStatement':
      each(nodesIn(node.body));
      return;
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'MetaProperty':
      return;
  }
  each(childrenOf(node));
}

/** The names in a pattern. */
function declare(pattern: unknown, scope: Scope): void {
  for (const node of nodesIn(pattern)) {
    if (node.type === 'Identifier') scope.names.add(node.name as string);
    else if (node.type === 'AssignmentPattern') declare(node.left, scope);
    else if (node.type === 'Property') declare(node.value, scope);
    else if (node.type === 'RestElement') declare(node.argument, scope);
    else declare(node.type === 'ObjectPattern' ? node.properties : node.elements, scope);
  }
}

/** Declares what statements of `block` declare in it, and what `var` in blocks inside it declares in the function around. */
function hoist(block: Node, scope: Scope): void {
  const own = (node: Node, direct: boolean) => {
    if (node.type === 'VariableDeclaration') {
      for (const { id } of nodesIn(node.declarations)) {
        if (node.kind === 'var') declare(id, scope.function);
        else if (direct) declare(id, scope);
      }
    }
    if (node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') {
      if (direct) declare(node.id, scope);
      return;
    }
    if (isFunction(node) || isClass(node)) return;
    const isBlock = /^(BlockStatement|For|SwitchStatement|CatchClause|StaticBlock)/.test(node.type);
    for (const child of childrenOf(node)) own(child, direct && !isBlock);
  };
  for (const child of childrenOf(block)) own(child, true);
}
