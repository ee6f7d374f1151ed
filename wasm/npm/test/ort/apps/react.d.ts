/** What the hook uses of React's types. */
declare module 'react' {
  export function useEffect(effect: () => undefined | (() => void), dependencies?: readonly unknown[]): void;
  export function useRef<T>(initial: T): { current: T };
  export function useState<T>(initial: T): [T, (value: T) => void];
}
