"""Networks and their losses. Imports torch alone; knows no file, no video, no window."""
