"""What an application is and what may happen to it: values and pure rules, no technology."""
