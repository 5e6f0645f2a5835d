// The page as an exported file carries it: the same program, built with its fonts inside.
import './main.tsx'
