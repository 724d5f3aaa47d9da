import 'graphiql/setup-workers/vite';
import './page.css';
import { createRoot } from 'react-dom/client';
import { Page } from './page.js';

const element = document.getElementById('page');
if (element === null) throw new Error('index.html has no element with the id page');
createRoot(element).render(<Page />);
