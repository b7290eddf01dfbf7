"""What the numbers say of the rules, and the changes of the policy that follow."""
